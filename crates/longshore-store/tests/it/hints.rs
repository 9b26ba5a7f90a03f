//! Hints may be lost, and a listener learns that they were.

use longshore_store::{Hint, HintBoard};

fn hint(n: u32) -> Hint {
    Hint::Queue(n.to_string().into())
}

#[tokio::test]
async fn hints_come_in_order() {
    let board = HintBoard::new();
    board.post(hint(0));
    let (mut one, mut two) = (board.listen(), board.listen());
    board.post(hint(1));
    board.post(hint(2));
    for listener in [&mut one, &mut two] {
        assert_eq!([listener.next().await, listener.next().await], [hint(1), hint(2)]);
        assert_eq!(listener.try_next(), None, "nothing from before it listened");
    }
}

/// One word for all that was missed, then what is still there: a slow listener looks everywhere once.
#[tokio::test]
async fn a_listener_that_was_too_slow_is_sent_anywhere() {
    let board = HintBoard::new();
    let (mut waits, mut looks) = (board.listen(), board.listen());
    for n in 0..3000 {
        board.post(hint(n));
    }
    assert_eq!(waits.next().await, Hint::Anywhere);
    assert_eq!(looks.try_next(), Some(Hint::Anywhere));
    for listener in [&mut waits, &mut looks] {
        let mut rest = Vec::new();
        rest.extend(std::iter::from_fn(|| listener.try_next()));
        assert_eq!(rest.last(), Some(&hint(2999)));
        assert!(!rest.contains(&Hint::Anywhere));
    }
}

#[tokio::test]
async fn a_board_that_is_gone_hints_no_more() {
    let board = HintBoard::new();
    let mut listener = board.listen();
    drop(board);
    assert_eq!(listener.try_next(), None);
    let next = tokio::time::timeout(std::time::Duration::from_millis(1), listener.next());
    assert!(next.await.is_err(), "it waits for ever");
}
