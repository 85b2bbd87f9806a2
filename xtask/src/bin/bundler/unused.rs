//! Takes out of the dashboard's program what never runs.
//!
//! leptos draws each piece of a page in several ways. One of them, `hydrate_async`, is for pages whose parts come one
//! by one (`hydrate_lazy`, lazy routes); this dashboard comes whole (`hydrate_body`). But each view carries a pointer to
//! it, so no compiler can tell that nobody calls it: a fifth of the program. Here such functions lose their body, and
//! then all that only they had called goes, too. Were one called all the same, the page would stop there, and every test
//! in a browser with it.

use std::collections::HashSet;

use anyhow::{Context, Result, ensure};
use walrus::ir::{Call, Visitor, dfs_in_order};
use walrus::{FunctionBuilder, FunctionId, FunctionKind, LocalFunction, Module};

/// Part of the names, as compiled, of what never runs.
const NEVER_RUN: &str = "hydrate_async";
/// Functions with fewer instructions stay: the compiler may have made one of several that were alike by chance.
const SMALL: u64 = 60;
/// leptos was renamed or changed if fewer are found: somebody should look.
const AT_LEAST: usize = 50;

/// The program without what never runs.
pub fn take_out(program: &[u8]) -> Result<Vec<u8>> {
    let mut module = Module::from_buffer(program).context("the program cannot be read")?;
    let unused = unused(&module);
    ensure!(
        unused.len() >= AT_LEAST,
        "only {} functions are named {NEVER_RUN}: has leptos changed? See xtask/src/bin/bundler/unused.rs",
        unused.len()
    );
    for function in unused {
        empty(&mut module, function);
    }
    walrus::passes::gc::run(&mut module);
    Ok(module.emit_wasm())
}

/// Those of the name that nothing else calls directly.
fn unused(module: &Module) -> HashSet<FunctionId> {
    let of_name = |name: &Option<String>| name.as_ref().is_some_and(|name| name.contains(NEVER_RUN));
    let mut unused: HashSet<_> = module
        .funcs
        .iter_local()
        .filter(|(id, body)| of_name(&module.funcs.get(*id).name) && body.size() >= SMALL)
        .map(|(id, _)| id)
        .collect();
    for (id, body) in module.funcs.iter_local() {
        if !of_name(&module.funcs.get(id).name) {
            for called in calls(body) {
                unused.remove(&called);
            }
        }
    }
    unused
}

fn calls(body: &LocalFunction) -> Vec<FunctionId> {
    struct Calls(Vec<FunctionId>);
    impl Visitor<'_> for Calls {
        fn visit_call(&mut self, call: &Call) {
            self.0.push(call.func);
        }
    }
    let mut calls = Calls(Vec::new());
    dfs_in_order(&mut calls, body, body.entry_block());
    calls.0
}

/// Leaves nothing of it but a stop.
fn empty(module: &mut Module, function: FunctionId) {
    let (parameters, results) = module.types.params_results(module.funcs.get(function).ty());
    let (parameters, results) = (parameters.to_vec(), results.to_vec());
    let mut builder = FunctionBuilder::new(&mut module.types, &parameters, &results);
    builder.func_body().unreachable();
    let parameters = parameters.iter().map(|kind| module.locals.add(*kind)).collect();
    module.funcs.get_mut(function).kind = FunctionKind::Local(builder.local_func(parameters));
}
