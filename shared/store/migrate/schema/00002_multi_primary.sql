-- On clusters that take writes on several nodes a join changes its event's row, so that the cluster sees it meet the lock.

-- +goose Up
ALTER TABLE events ADD COLUMN touched BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE events DROP COLUMN touched;
