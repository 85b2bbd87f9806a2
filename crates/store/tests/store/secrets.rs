//! What is sealed opens under its key, for its machine, under its id, and says so clearly where it does not.

use super::world::World;
use pitstop_domain::id::{MachineId, SecretId};
use pitstop_domain::route::{Privilege, Route};
use pitstop_store::secrets::Secret;
use pitstop_store::{Error, Keys};
use uuid::Uuid;

const PLAIN: &str = "correct horse battery staple";

fn keys() -> Keys {
    Keys::new([7; 32])
}

fn secret(number: u128) -> SecretId {
    SecretId(Uuid::from_u128(number))
}

fn ipmi(password: SecretId) -> Route {
    let (host, user) = ("10.0.0.9".parse().unwrap(), "admin".to_owned());
    let (privilege, boot) = (Privilege::default(), Default::default());
    Route::Ipmi(pitstop_domain::route::Ipmi {
        host,
        port: 623,
        user,
        password,
        cipher_suite: 3,
        privilege,
        boot,
    })
}

impl World {
    async fn sealed(&self, number: u8) -> MachineId {
        let machine = self.machine(number).await;
        let id = secret(number.into());
        self.store.put_secret(&keys(), machine, id, &Secret::new(PLAIN)).await.unwrap();
        machine
    }
}

fn words(result: Result<Secret, Error>) -> String {
    let error = result.unwrap_err();
    assert!(matches!(error, Error::Refused(_) | Error::NotFound(_)), "{error:?}");
    error.to_string()
}

#[tokio::test]
async fn a_secret_is_opened_replaced_and_deleted() {
    let world = World::new().await;
    let machine = world.sealed(1).await;
    let store = &world.store;
    assert_eq!(store.open_secret(&keys(), machine, secret(1)).await.unwrap().expose(), PLAIN);
    store.put_secret(&keys(), machine, secret(1), &Secret::new("another")).await.unwrap();
    assert_eq!(store.open_secret(&keys(), machine, secret(1)).await.unwrap().expose(), "another");
    assert!(store.delete_secret(machine, secret(1)).await.unwrap());
    assert!(!store.delete_secret(machine, secret(1)).await.unwrap());
    assert!(words(store.open_secret(&keys(), machine, secret(1)).await).contains("set its password"));
}

#[tokio::test]
async fn the_row_holds_nothing_of_the_plain_text_and_never_the_same_twice() {
    let world = World::new().await;
    let machine = world.sealed(1).await;
    world.store.put_secret(&keys(), machine, secret(2), &Secret::new(PLAIN)).await.unwrap();
    let sql = "select id, nonce, sealed, to_jsonb(s)::text from secrets s order by id";
    let rows: Vec<(Uuid, Vec<u8>, Vec<u8>, String)> =
        sqlx::query_as(sql).fetch_all(world.store.pool()).await.unwrap();
    for (_, _, sealed, text) in &rows {
        // Not even eight bytes of it, in the clear or as PostgreSQL writes bytes.
        for part in PLAIN.as_bytes().windows(8) {
            assert!(!sealed.windows(8).any(|bytes| bytes == part));
            assert!(!text.contains(&hex::encode(part)) && !text.contains(std::str::from_utf8(part).unwrap()));
        }
    }
    assert_ne!(rows[0].1, rows[1].1);
    assert_ne!(rows[0].2, rows[1].2);
}

#[tokio::test]
async fn another_key_does_not_open_it_and_the_error_says_what_to_do() {
    let world = World::new().await;
    let machine = world.sealed(1).await;
    let told = words(world.store.open_secret(&Keys::new([8; 32]), machine, secret(1)).await);
    assert!(told.contains("server's key is not the one") && told.contains("again"), "{told}");
    assert!(!told.contains(PLAIN));
}

#[tokio::test]
async fn a_row_swapped_with_another_or_changed_does_not_open() {
    let world = World::new().await;
    let (one, two) = (world.sealed(1).await, world.sealed(2).await);
    let swap = "update secrets s set nonce = o.nonce, sealed = o.sealed from secrets o where o.id <> s.id";
    sqlx::query(swap).execute(world.store.pool()).await.unwrap();
    for (machine, id) in [(one, 1), (two, 2)] {
        assert!(words(world.store.open_secret(&keys(), machine, secret(id)).await).contains("does not open"));
    }
    let moved = "update secrets set machine_id = $1";
    sqlx::query(moved).bind(one.0).execute(world.store.pool()).await.unwrap();
    assert!(words(world.store.open_secret(&keys(), one, secret(2)).await).contains("does not open"));
    let machine = world.sealed(3).await;
    let bent = "update secrets set sealed = set_byte(sealed, 0, get_byte(sealed, 0) # 1) where id = $1";
    sqlx::query(bent).bind(secret(3).0).execute(world.store.pool()).await.unwrap();
    assert!(words(world.store.open_secret(&keys(), machine, secret(3)).await).contains("does not open"));
}

#[tokio::test]
async fn a_machine_neither_opens_nor_replaces_nor_borrows_anothers_secret() {
    let world = World::new().await;
    let (_, two) = (world.sealed(1).await, world.sealed(2).await);
    let store = &world.store;
    words(store.open_secret(&keys(), two, secret(1)).await);
    assert!(store.put_secret(&keys(), two, secret(1), &Secret::new("x")).await.is_err());
    assert!(!store.delete_secret(two, secret(1)).await.unwrap());
    let borrowed = store.set_routes_with_secrets(&keys(), two, &[ipmi(secret(1))], &[]).await;
    assert!(matches!(borrowed, Err(Error::Refused(_))), "{borrowed:?}");
    let nobody = MachineId(Uuid::nil());
    let unknown = store.put_secret(&keys(), nobody, secret(9), &Secret::new("x")).await;
    assert!(matches!(unknown, Err(Error::NotFound("machine"))), "{unknown:?}");
}

#[tokio::test]
async fn a_secret_lives_as_long_as_a_route_or_an_open_job_names_it() {
    let world = World::new().await;
    let machine = world.machine(1).await;
    let new = [(secret(1), Secret::new(PLAIN))];
    world.store.set_routes_with_secrets(&keys(), machine, &[ipmi(secret(1))], &new).await.unwrap();
    let routes = world.store.machine(machine).await.unwrap().unwrap().routes;
    assert_eq!(routes, [ipmi(secret(1))]);
    let job = world.job_by(machine, 0, routes).await;
    world.store.set_routes_with_secrets(&keys(), machine, &[Route::Person], &[]).await.unwrap();
    assert!(world.store.open_secret(&keys(), machine, secret(1)).await.is_ok(), "the job's plan names it");
    let close = "update jobs set phase = 'closed', outcome = 'cancelled', closed_at = now() where id = $1";
    world.sql(close, &job).await.unwrap();
    assert_eq!(world.store.remove_unused_secrets(machine).await.unwrap(), 1);
    words(world.store.open_secret(&keys(), machine, secret(1)).await);
}

#[test]
fn a_secret_shows_nothing_of_itself() {
    let secret = Secret::new(PLAIN);
    assert_eq!(format!("{secret:?} {secret}"), "(secret) (secret)");
}
