-- Every 256 pages of a frozen list: the first of their tickets and the hash of their subtree. With them the path of a ticket
-- costs one page of tickets and one section of pages, however long the list is.

-- +goose Up
CREATE TABLE list_sections (
  event_id     BINARY(16) NOT NULL,
  section      INT        NOT NULL,
  first_ticket BINARY(16) NOT NULL,
  hash         BINARY(32) NOT NULL,
  PRIMARY KEY (event_id, section),
  CONSTRAINT list_sections_event FOREIGN KEY (event_id) REFERENCES events (id),
  CHECK (LENGTH(first_ticket) = 16 AND LENGTH(hash) = 32)
);

-- +goose Down
DROP TABLE list_sections;
