-- One schema for MySQL 8, MariaDB 10.11 and SQLite. Instants are milliseconds since 1970 UTC where the name ends in _ms,
-- whole seconds otherwise. Ids are 16 random bytes. The CHECKs refuse what the code promises not to do.

-- +goose Up
CREATE TABLE users (
  id            BINARY(16)    NOT NULL PRIMARY KEY,
  openid        VARBINARY(64) NOT NULL,
  name          VARCHAR(20)   NULL,
  created_at_ms BIGINT        NOT NULL,
  CONSTRAINT users_openid UNIQUE (openid),
  CHECK (LENGTH(id) = 16 AND LENGTH(openid) > 0)
);

CREATE TABLE events (
  id              BINARY(16)     NOT NULL PRIMARY KEY,
  owner_id        BINARY(16)     NOT NULL,
  seq             BIGINT         NOT NULL,
  status          SMALLINT       NOT NULL DEFAULT 0,
  cancel_reason   VARCHAR(8)     NULL,
  held            SMALLINT       NOT NULL DEFAULT 0,
  hidden          SMALLINT       NOT NULL DEFAULT 0,
  title           VARCHAR(60)    NOT NULL,
  description     VARCHAR(500)   NOT NULL,
  created_at_ms   BIGINT         NOT NULL,
  lock_at_ms      BIGINT         NOT NULL,
  draw_at_ms      BIGINT         NOT NULL,
  canceled_at_ms  BIGINT         NULL,
  -- what the event committed to when it was created
  mode            SMALLINT       NOT NULL,
  key_version     INT            NOT NULL,
  operator_key    BINARY(32)     NOT NULL,
  prev            BINARY(32)     NOT NULL,
  commitment      BINARY(32)     NOT NULL,
  manifest_digest BINARY(32)     NOT NULL,
  rules_text      VARBINARY(8192) NOT NULL,
  idempotency_key VARBINARY(128) NULL,
  request_digest  BINARY(32)     NULL,
  -- the lock record: the frozen list, published before the draw
  list_count      BIGINT         NULL,
  list_root       BINARY(32)     NULL,
  lock_digest     BINARY(32)     NULL,
  lock_sig        BINARY(64)     NULL,
  frozen_at_ms    BIGINT         NULL,
  -- the result
  secret          BINARY(32)     NULL,
  seed            BINARY(32)     NULL,
  drawn_at_ms     BIGINT         NULL,
  -- the work: when something is next to be done, and who is at it
  next_at_ms      BIGINT         NULL,
  lease_until_ms  BIGINT         NOT NULL DEFAULT 0,
  lease_token     BINARY(16)     NULL,
  attempts        INT            NOT NULL DEFAULT 0,
  last_error      VARCHAR(300)   NULL,
  CONSTRAINT events_seq UNIQUE (owner_id, seq),
  CONSTRAINT events_idempotency UNIQUE (owner_id, idempotency_key),
  CONSTRAINT events_owner FOREIGN KEY (owner_id) REFERENCES users (id),
  CHECK (LENGTH(operator_key) = 32 AND LENGTH(prev) = 32 AND LENGTH(commitment) = 32 AND LENGTH(manifest_digest) = 32),
  CHECK (list_root IS NULL OR LENGTH(list_root) = 32 AND LENGTH(lock_digest) = 32 AND LENGTH(lock_sig) = 64),
  CHECK (seed IS NULL OR LENGTH(seed) = 32 AND LENGTH(secret) = 32),
  CHECK (LENGTH(id) = 16 AND seq >= 1 AND mode = 0 AND held IN (0, 1) AND hidden IN (0, 1)),
  CHECK (created_at_ms < lock_at_ms AND lock_at_ms < draw_at_ms),
  CHECK (status IN (0, 1, 2, 9)),
  CHECK ((status = 9) = (canceled_at_ms IS NOT NULL)),
  CHECK ((status = 9) = (cancel_reason IS NOT NULL)),
  CHECK (cancel_reason IS NULL OR cancel_reason IN ('owner', 'held', 'void')),
  CHECK ((status = 2) = (drawn_at_ms IS NOT NULL)),
  CHECK ((status = 2) = (seed IS NOT NULL)),
  CHECK ((status = 2) = (secret IS NOT NULL)),
  CHECK ((status IN (2, 9)) = (next_at_ms IS NULL)),
  CHECK ((list_root IS NULL) = (frozen_at_ms IS NULL)),
  CHECK ((list_root IS NULL) = (list_count IS NULL)),
  CHECK ((list_root IS NULL) = (lock_digest IS NULL)),
  CHECK ((list_root IS NULL) = (lock_sig IS NULL)),
  CHECK (list_root IS NULL OR status <> 0),
  CHECK (list_root IS NOT NULL OR status <> 2),
  CHECK (drawn_at_ms IS NULL OR drawn_at_ms >= draw_at_ms),
  CHECK (frozen_at_ms IS NULL OR frozen_at_ms >= lock_at_ms)
);

CREATE INDEX events_next ON events (next_at_ms);

CREATE TABLE prizes (
  event_id BINARY(16)  NOT NULL,
  position SMALLINT    NOT NULL,
  name     VARCHAR(40) NOT NULL,
  quantity INT         NOT NULL,
  PRIMARY KEY (event_id, position),
  CONSTRAINT prizes_event FOREIGN KEY (event_id) REFERENCES events (id),
  CHECK (position BETWEEN 1 AND 10),
  CHECK (quantity BETWEEN 1 AND 100000)
);

-- The primary key is "one join per user" (a user's ticket in an event is always the same) and the order of the frozen
-- list. No foreign key: it would lock the event row twice on the busiest path.
CREATE TABLE participants (
  event_id  BINARY(16) NOT NULL,
  ticket    BINARY(16) NOT NULL,
  user_id   BINARY(16) NOT NULL,
  joined_at BIGINT     NOT NULL,
  notify    SMALLINT   NOT NULL DEFAULT 0,
  PRIMARY KEY (event_id, ticket),
  CHECK (LENGTH(ticket) = 16 AND LENGTH(user_id) = 16 AND notify IN (0, 1))
);

CREATE INDEX participants_user ON participants (user_id, joined_at, event_id);

-- Every 256 tickets of a frozen list: the first of them and the hash of their subtree.
CREATE TABLE list_pages (
  event_id     BINARY(16) NOT NULL,
  page         INT        NOT NULL,
  first_ticket BINARY(16) NOT NULL,
  hash         BINARY(32) NOT NULL,
  PRIMARY KEY (event_id, page),
  CONSTRAINT list_pages_event FOREIGN KEY (event_id) REFERENCES events (id),
  CHECK (LENGTH(first_ticket) = 16 AND LENGTH(hash) = 32)
);

CREATE TABLE winners (
  event_id  BINARY(16) NOT NULL,
  place     INT        NOT NULL,
  user_id   BINARY(16) NOT NULL,
  ticket    BINARY(16) NOT NULL,
  won_at_ms BIGINT     NOT NULL,
  PRIMARY KEY (event_id, place),
  CONSTRAINT winners_once UNIQUE (event_id, user_id),
  CONSTRAINT winners_event FOREIGN KEY (event_id) REFERENCES events (id),
  CHECK (place BETWEEN 1 AND 100000)
);

CREATE INDEX winners_user ON winners (user_id, won_at_ms, event_id);

CREATE TABLE heartbeats (
  name           VARCHAR(16) NOT NULL PRIMARY KEY,
  finished_at_ms BIGINT      NOT NULL
);

-- +goose Down
DROP TABLE heartbeats;
DROP TABLE winners;
DROP TABLE list_pages;
DROP TABLE participants;
DROP TABLE prizes;
DROP TABLE events;
DROP TABLE users;
