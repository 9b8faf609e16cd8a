package store

import (
	"context"
	"database/sql"
	"errors"

	"wxlottery/shared/fault"
	"wxlottery/shared/lottery"
)

// UserByOpenID returns the user of a WeChat openid (1 to 64 bytes) and makes one at the first log-in.
func (s *Store) UserByOpenID(ctx context.Context, openid string) (id lottery.UserID, isNew bool, err error) {
	if id, err = s.findUser(ctx, openid); !errors.Is(err, sql.ErrNoRows) {
		return id, false, classify("find user", err)
	}
	id = lottery.NewUserID()
	_, err = s.exec(ctx, "make user", `
		INSERT INTO users (id, openid, created_at_ms)
		VALUES (?, ?, {now})`, id[:], []byte(openid))
	if duplicate(err) { // the same user logged in twice at once
		id, err = s.findUser(ctx, openid)
		return id, false, classify("find user", err)
	}
	return id, err == nil, err
}

func (s *Store) findUser(ctx context.Context, openid string) (lottery.UserID, error) {
	var raw []byte
	err := s.db.GetContext(ctx, &raw, `
		SELECT id
		FROM users
		WHERE openid = ?`, []byte(openid))
	if err != nil {
		return lottery.UserID{}, err
	}
	return lottery.UserID(raw), nil
}

// errNoUser says that a session's user is not in this database, as after a restore: a new log-in makes him again.
var errNoUser = fault.New(fault.LoginRequired, "login_required", "please log in again")

// Rename sets a user's display name, which lottery.DisplayName has checked. Error: login_required for a user that is gone.
func (s *Store) Rename(ctx context.Context, id lottery.UserID, name string) error {
	rows, err := s.exec(ctx, "rename user", `
		UPDATE users
		SET name = ?
		WHERE id = ?`, name, id[:])
	if err == nil && rows == 0 {
		return errNoUser
	}
	return err
}
