package store

import (
	"context"

	"github.com/jmoiron/sqlx"

	"wxlottery/shared/lottery"
)

// addCredit notes that a user has agreed to one more message of a template. WeChat tells nobody how many he has agreed to. The
// row is inserted first, since a user's first time is the usual one, and an UPDATE that finds nothing would lock the gap.
func (s *Store) addCredit(ctx context.Context, tx *sqlx.Tx, user lottery.UserID, template string) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO credits (user_id, template_id, credits)
		VALUES (?, ?, 1)`, user[:], []byte(template))
	if !duplicate(err) {
		return err
	}
	_, err = tx.ExecContext(ctx, `
		UPDATE credits
		SET credits = credits + 1
		WHERE user_id = ? AND template_id = ?`, user[:], []byte(template))
	return err
}

// creditChange is what the end of a message does to the credit it was sent on.
type creditChange string

const (
	spend   creditChange = "CASE WHEN credits > 0 THEN credits - 1 ELSE 0 END"
	forfeit creditChange = "0" // WeChat has none
)

func (s *Store) changeCredits(ctx context.Context, tx *sqlx.Tx, change creditChange, template string, users [][]byte) error {
	statement, args, err := sqlx.In(`
		UPDATE credits
		SET credits = `+string(change)+`
		WHERE template_id = ? AND user_id IN (?)`, []byte(template), users)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, statement, args...)
	return err
}
