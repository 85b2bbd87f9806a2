//! Functions: those that come with Pitstop, and people's own.

use super::world::{World, function};
use pitstop_domain::function::Function;
use pitstop_store::Error;

fn own(title: &str) -> Function {
    Function { name: "own".to_owned(), title: title.to_owned(), ..function() }
}

#[tokio::test]
async fn a_function_of_ones_own_is_written_changed_and_left_as_it_is_by_the_server() {
    let world = World::new().await;
    let store = &world.store;
    store.keep_own_function(&own("One"), true).await.unwrap();
    assert!(matches!(store.keep_own_function(&own("Two"), true).await, Err(Error::Refused(_))));
    store.keep_own_function(&own("Two"), false).await.unwrap();
    store.put_function(&own("Three"), 0).await.unwrap();
    let names: Vec<_> = store.functions().await.unwrap().into_iter().map(|f| f.title).collect();
    assert_eq!(names.last().unwrap(), "Two", "behind those that come with Pitstop: {names:?}");
    store.remove_own_function("own").await.unwrap();
    assert_eq!(store.function("own").await.unwrap(), None);
}

#[tokio::test]
async fn what_comes_with_pitstop_is_neither_changed_nor_removed() {
    let world = World::new().await;
    let there = function();
    let changed = Function { title: "Mine".to_owned(), ..there.clone() };
    assert!(matches!(world.store.keep_own_function(&changed, false).await, Err(Error::NotFound(_))));
    assert!(matches!(world.store.keep_own_function(&changed, true).await, Err(Error::Refused(_))));
    assert!(matches!(world.store.remove_own_function(&there.name).await, Err(Error::NotFound(_))));
}
