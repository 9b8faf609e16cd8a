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

// Rename sets a user's display name, which lottery.DisplayName has checked. A held one is shown to nobody else. Error:
// login_required for a user that is gone.
func (s *Store) Rename(ctx context.Context, id lottery.UserID, name string, held bool) error {
	rows, err := s.exec(ctx, "rename user", `
		UPDATE users
		SET name = ?, name_held = ?
		WHERE id = ?`, name, held, id[:])
	if err == nil && rows == 0 {
		return errNoUser
	}
	return err
}

// HeldName reads the display name of a user that the text check holds; "" where there is none.
func (s *Store) HeldName(ctx context.Context, id lottery.UserID) (name string, err error) {
	err = s.db.GetContext(ctx, &name, `
		SELECT COALESCE(MAX(name), '')
		FROM users
		WHERE id = ? AND name_held = 1`, id[:])
	return name, classify("read a held name", err)
}

// SettleName ends the holding of a display name that is still this one: it is shown from now on, or gone.
func (s *Store) SettleName(ctx context.Context, id lottery.UserID, name string, passed bool) error {
	var kept any // NULL where it was refused
	if passed {
		kept = name
	}
	_, err := s.exec(ctx, "settle a held name", `
		UPDATE users
		SET name = ?, name_held = 0
		WHERE id = ? AND name_held = 1 AND HEX(name) = HEX(?)`, kept, id[:], name) // a collation takes 🎁 for 🎉
	return err
}
