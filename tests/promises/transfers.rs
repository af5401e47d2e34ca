//! Content on its way to and from the object store.

use promises::Case;

#[test]
fn a_transfer_longer_than_the_patience_of_the_client_is_no_time_out() {
    // 300 MB at 93 MB/s take 3.2 s; the client gives up after 2 s without progress.
    for engine in ["local", "durable", "explicit"] {
        let ran = Case::new("video", engine)
            .set("video.length_s", "300")
            .set("video.chunk_s", "100")
            .run();
        assert!(ran.succeeded(), "{engine}");
    }
}

#[test]
fn a_request_that_waits_longer_than_the_patience_is_a_time_out() {
    let ran = Case::new("video", "local")
        .platform("object.get_ms", "2500")
        .run();
    assert!(!ran.succeeded());
}
