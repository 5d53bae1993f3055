"""The bus: bytes on subjects. `port` says what one is, `memory` and `nats` are two, `embedded` starts a server."""
