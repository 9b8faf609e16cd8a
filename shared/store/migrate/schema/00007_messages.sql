-- Who is told by message what became of an event. An event's job is events.tell_at_ms; what has been reached of its list
-- stands in notices, and each one who is to be told has a row in deliveries until his end state and beyond.

-- +goose Up
-- How many messages a user has agreed to get of a template, one for each tap.
CREATE TABLE IF NOT EXISTS credits (
  user_id     BINARY(16)    NOT NULL,
  template_id VARBINARY(64) NOT NULL,
  credits     INT           NOT NULL,
  PRIMARY KEY (user_id, template_id),
  CHECK (credits >= 0 AND LENGTH(template_id) > 0)
);

CREATE TABLE IF NOT EXISTS notices (
  event_id      BINARY(16) NOT NULL PRIMARY KEY,
  ended_at_ms   BIGINT     NOT NULL,
  -- participants up to this ticket have their row in deliveries, if they wish one
  cursor_ticket BINARY(16) NOT NULL,
  complete      SMALLINT   NOT NULL DEFAULT 0,
  -- participants by the state of their message; the organiser is not among them
  wanted        BIGINT     NOT NULL DEFAULT 0,
  sent          BIGINT     NOT NULL DEFAULT 0,
  refused       BIGINT     NOT NULL DEFAULT 0,
  dead          BIGINT     NOT NULL DEFAULT 0,
  CONSTRAINT notices_event FOREIGN KEY (event_id) REFERENCES events (id),
  CHECK (complete IN (0, 1) AND LENGTH(cursor_ticket) = 16),
  CHECK (sent >= 0 AND refused >= 0 AND dead >= 0 AND sent + refused + dead <= wanted)
);

-- state: 0 waiting, 1 sent, 2 refused, 3 dead. A claim moves due_at_ms to the end of its lease.
CREATE TABLE IF NOT EXISTS deliveries (
  event_id    BINARY(16)    NOT NULL,
  user_id     BINARY(16)    NOT NULL,
  state       SMALLINT      NOT NULL DEFAULT 0,
  reason      VARCHAR(40)   NULL,
  tries       INT           NOT NULL DEFAULT 0,
  -- claims that ended without a word: each may have sent the message and died before it could say so
  doubts      INT           NOT NULL DEFAULT 0,
  due_at_ms   BIGINT        NULL,
  claim_token BINARY(16)    NULL,
  ended_at_ms BIGINT        NULL,
  PRIMARY KEY (event_id, user_id),
  CONSTRAINT deliveries_due UNIQUE (due_at_ms, event_id, user_id),
  CHECK (state IN (0, 1, 2, 3)),
  CHECK ((state = 0) = (due_at_ms IS NOT NULL)),
  CHECK ((state = 0) = (ended_at_ms IS NULL)),
  CHECK (state = 0 OR claim_token IS NULL)
);

-- A template that is left alone until then, by 't:' and its id; 't:' alone stands for all.
CREATE TABLE IF NOT EXISTS pauses (
  name     VARBINARY(66) NOT NULL PRIMARY KEY,
  until_ms BIGINT        NOT NULL,
  reason   VARCHAR(40)   NOT NULL
);

-- What one instance at a time does, and whose turn it is.
CREATE TABLE IF NOT EXISTS turns (
  name     VARCHAR(16) NOT NULL PRIMARY KEY,
  token    BINARY(16)  NOT NULL,
  until_ms BIGINT      NOT NULL
);

-- The share code of an event, made once for each version of the mini program that it opens.
CREATE TABLE IF NOT EXISTS share_codes (
  event_id     BINARY(16)  NOT NULL,
  version      VARCHAR(8)  NOT NULL,
  content_type VARCHAR(32) NOT NULL,
  image        MEDIUMBLOB  NOT NULL,
  PRIMARY KEY (event_id, version),
  CONSTRAINT share_codes_event FOREIGN KEY (event_id) REFERENCES events (id)
);

-- +goose Down
DROP TABLE share_codes;
DROP TABLE turns;
DROP TABLE pauses;
DROP TABLE deliveries;
DROP TABLE notices;
DROP TABLE credits;
