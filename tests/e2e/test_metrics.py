"""What GET /metrics says after requests of several kinds."""

from __future__ import annotations

from minerva_server import Server


def metrics(server: Server) -> dict[str, float]:
    response = server.get("/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = response.text.splitlines()
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))}


def test_requests_and_tokens_are_counted(server: Server) -> None:
    before = metrics(server)
    replies = [server.chat("Hello", max_tokens=20, ignore_eos=True).json()["usage"] for _ in range(3)]
    after = metrics(server)

    def grown(name: str) -> float:
        return after[name] - before.get(name, 0)

    assert grown('minerva_requests_total{outcome="length"}') == 3
    assert grown("minerva_generated_tokens_total") == 60
    assert grown("minerva_prompt_tokens_total") == sum(r["prompt_tokens"] for r in replies)
    assert grown("minerva_prompt_tokens_cached_total") == sum(r["prompt_tokens_details"]["cached_tokens"] for r in replies)
    assert grown("minerva_time_to_first_token_seconds_count") == 3
    assert grown("minerva_queue_seconds_count") == 3
    assert grown("minerva_inter_token_seconds_count") == 3 * 19
    assert after["minerva_ready"] == 1


def test_a_client_that_leaves_is_counted(server: Server) -> None:
    before = metrics(server).get('minerva_requests_total{outcome="cancelled"}', 0)
    with server.stream("Hello", ignore_eos=True) as stream:
        next(stream.events())
    server.wait_until_idle()
    assert metrics(server)['minerva_requests_total{outcome="cancelled"}'] == before + 1
