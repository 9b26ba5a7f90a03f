//! Random histories: a storage and the model agree about every answer and every job, and the
//! invariants hold.
//!
//! 32 histories of 60 operations, the same ones in every run. `LONGSHORE_TEST_HISTORIES` and
//! `LONGSHORE_TEST_SEED` ask for more and for others; a failure prints the shortest history that
//! still fails.

mod compare;
mod invariants;
mod operation;
mod pair;

use proptest::{
    collection::vec,
    strategy::{Strategy, ValueTree},
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use crate::Disposable;
use operation::{Operation, any_operation};
use pair::Pair;

const OPERATIONS: usize = 60;

/// I2 to I8, I10, and agreement with the model after any interleaving.
pub async fn random_histories_agree_with_the_model(db: &dyn Disposable) {
    let number = |name: &str, default: u64| {
        std::env::var(name).map_or(default, |text| text.parse().expect("a whole number"))
    };
    let histories = number("LONGSHORE_TEST_HISTORIES", 32);
    let mut seed = [7; 32];
    seed[..8].copy_from_slice(&number("LONGSHORE_TEST_SEED", 0).to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let strategy = vec(any_operation(), 1..=OPERATIONS);
    for history in 0..histories {
        let mut tree = strategy.new_tree(&mut runner).expect("operations can be made");
        if let Err(first) = agree(db, &tree.current()).await {
            let (operations, problem) = shortest(db, &mut tree, first).await;
            panic!("history {history} fails: {problem}\nafter these operations: {operations:#?}");
        }
    }
}

/// Runs one history on both, and says where they part or what does not hold.
async fn agree(db: &dyn Disposable, operations: &[Operation]) -> Result<(), String> {
    let mut pair = Pair::of(db.store());
    for (place, operation) in operations.iter().enumerate() {
        pair.run(operation).await.map_err(|why| format!("operation {place}: {why}"))?;
    }
    pair.compare().await?;
    pair.check_invariants().await
}

/// Leaves out operations for as long as the history still fails.
async fn shortest(
    db: &dyn Disposable,
    tree: &mut impl ValueTree<Value = Vec<Operation>>,
    mut problem: String,
) -> (Vec<Operation>, String) {
    let mut failing = tree.current();
    let mut go_on = tree.simplify();
    for _ in 0..200 {
        if !go_on {
            break;
        }
        go_on = match agree(db, &tree.current()).await {
            Err(why) => {
                (failing, problem) = (tree.current(), why);
                tree.simplify()
            }
            Ok(()) => tree.complicate(),
        };
    }
    (failing, problem)
}
