package migrate_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wxlottery/internal/testdb"
	"wxlottery/shared/lottery"
	"wxlottery/shared/store"
	"wxlottery/shared/store/migrate"
)

// before is the version of the schema that had no messages.
const before = 5

var (
	olga, ann = lottery.UserID{7}, lottery.UserID{8}
	drawn     = lottery.EventID{1}
	open      = lottery.EventID{2}
)

// old is a database of the schema before, with a user who has organised an open event and one that was drawn.
func old(t *testing.T) string {
	t.Helper()
	dsn := testdb.Empty(t)
	must(t, migrate.UpTo(context.Background(), dsn, before))
	fill(t, dsn)
	return dsn
}

// fill writes rows as functions of the version before do.
func fill(t *testing.T, dsn string) {
	t.Helper()
	exec := func(statement string, args ...any) {
		t.Helper()
		must(t, testdb.Exec(t, dsn, statement, args...))
	}
	z, public := make([]byte, 32), olga.Organiser()
	exec(`INSERT INTO users (id, openid, name, created_at_ms, organiser_id) VALUES (?, ?, '小明 🎁', 1, ?)`, olga[:], []byte("olga"), public[:])
	exec(`INSERT INTO users (id, openid, created_at_ms) VALUES (?, ?, 2)`, ann[:], []byte("ann"))
	const event = `
		INSERT INTO events (id, owner_id, seq, status, held, title, description, created_at_ms, lock_at_ms, draw_at_ms, mode, key_version,
			operator_key, prev, commitment, manifest_digest, rules_text, next_at_ms`
	exec(event+`)
		VALUES (?, ?, 2, 0, 0, 'Tee', '', 1, 4102444800000, 4102444860000, 0, 1, ?, ?, ?, ?, ?, 4102444800000)`, open[:], olga[:], z, z, z, z, []byte("r"))
	exec(event+`, list_count, list_root, lock_digest, lock_sig, frozen_at_ms, secret, seed, drawn_at_ms)
		VALUES (?, ?, 1, 2, 0, '🎁', 'x', 1, 2, 3, 0, 1, ?, ?, ?, ?, ?, NULL, 1, ?, ?, ?, 2, ?, ?, 3)`,
		drawn[:], olga[:], z, z, z, z, []byte("r"), z, z, make([]byte, 64), z, z)
	exec(`INSERT INTO prizes (event_id, position, name, quantity) VALUES (?, 1, 'Cup', 3)`, open[:])
	exec(`INSERT INTO prizes (event_id, position, name, quantity) VALUES (?, 1, '茶壶', 1)`, drawn[:])
	for i, e := range []lottery.EventID{open, drawn} {
		exec(`INSERT INTO participants (event_id, ticket, user_id, joined_at, notify) VALUES (?, ?, ?, 1, ?)`, e[:], ann[:], ann[:], i)
	}
	exec(`INSERT INTO winners (event_id, place, user_id, ticket, won_at_ms) VALUES (?, 1, ?, ?, 3)`, drawn[:], ann[:], ann[:])
	exec(`INSERT INTO heartbeats (name, finished_at_ms) VALUES ('draw', 5)`)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// table is what is in a table, without its columns of some names: each row as text, in order.
func table(t *testing.T, dsn, name string, without ...string) []string {
	t.Helper()
	db := testdb.Connect(t, dsn)
	defer db.Close()
	rows, err := db.Query(`SELECT * FROM ` + name)
	must(t, err)
	defer rows.Close()
	columns, err := rows.Columns()
	must(t, err)
	var all []string
	for rows.Next() {
		raw := make([][]byte, len(columns))
		into := make([]any, len(columns))
		for i := range raw {
			into[i] = &raw[i]
		}
		must(t, rows.Scan(into...))
		values := map[string]string{}
		for i, c := range columns {
			if !slices.Contains(without, c) {
				values[c] = fmt.Sprintf("%s=%q/%v", c, raw[i], raw[i] == nil)
			}
		}
		all = append(all, strings.Join(slices.Sorted(maps.Values(values)), " "))
	}
	must(t, rows.Err())
	slices.Sort(all)
	return all
}

// added are the columns that the schema of messages adds, and what they are in rows from before.
var added = map[string]map[string]any{
	"users":        {"name_held": 0},
	"events":       {"organiser_kind": 0, "conditions": "", "claim_terms": "", "notify_owner": 0, "tell_at_ms": nil},
	"prizes":       {"value_cny": nil},
	"participants": {"seen": 1},
	"winners":      nil,
	"heartbeats":   nil,
}

// contents are the tables of the schema before, without what was added.
func contents(t *testing.T, dsn string) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for name, columns := range added {
		all[name] = table(t, dsn, name, slices.Collect(maps.Keys(columns))...)
	}
	return all
}

func TestADatabaseFromBeforeKeepsItsRows(t *testing.T) {
	t.Parallel()
	dsn := old(t)
	rows := contents(t, dsn)
	applied, err := migrate.Up(context.Background(), dsn)
	must(t, err)
	var steps []string
	for _, m := range applied {
		steps = append(steps, m.Name)
	}
	if diff := cmp.Diff([]string{"00006_message_columns", "00007_messages"}, steps); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(rows, contents(t, dsn)); diff != "" {
		t.Errorf("rows have changed (-before +after):\n%s", diff)
	}
	defaults(t, dsn)
	for _, name := range []string{"credits", "notices", "deliveries", "pauses", "turns", "share_codes"} {
		if rows := table(t, dsn, name); len(rows) > 0 {
			t.Errorf("%s has %q", name, rows)
		}
	}
}

// defaults looks at the new columns of rows that say nothing of them.
func defaults(t *testing.T, dsn string) {
	t.Helper()
	db := testdb.Connect(t, dsn)
	defer db.Close()
	for name, columns := range added {
		for column, want := range columns {
			var all, right int
			condition, args := column+" IS NULL", []any(nil)
			if want != nil {
				condition, args = column+" = ?", []any{want}
			}
			must(t, db.QueryRow(`SELECT COUNT(*), SUM(CASE WHEN `+condition+` THEN 1 ELSE 0 END) FROM `+name, args...).Scan(&all, &right))
			if all == 0 || all != right {
				t.Errorf("%s of %s is %v in %d of %d rows", column, name, want, right, all)
			}
		}
	}
}

// TestTheStoreReadsWhatIsFromBefore looks at an old database through the functions of now.
func TestTheStoreReadsWhatIsFromBefore(t *testing.T) {
	t.Parallel()
	ctx, dsn := context.Background(), old(t)
	_, err := migrate.Up(ctx, dsn)
	must(t, err)
	s := testdb.Open(t, dsn)
	e, _, err := s.Event(ctx, drawn)
	must(t, err)
	if e.OwnerName != "小明 🎁" || e.Organiser != lottery.Private || e.Conditions+e.ClaimTerms != "" || e.NotifyOwner || e.Prizes[0].Value != 0 {
		t.Errorf("%+v", e)
	}
	for _, role := range []store.Role{store.Joined, store.Won} {
		if n, err := s.Unread(ctx, ann, role); n != 0 || err != nil {
			t.Errorf("%d of those she %s are unread, %v", n, role, err)
		}
	}
	p, err := s.ClaimDeliveries(ctx, [16]byte{1}, store.Templates{Participant: "a", Organiser: "b"}, 10, true)
	if err != nil || len(p.Deliveries) != 0 {
		t.Errorf("%d messages about what has ended before, %v", len(p.Deliveries), err)
	}
	// An open one goes on as if it were new.
	must(t, third(s.Cancel(ctx, open, olga, false)))
	if p, err = s.ClaimDeliveries(ctx, [16]byte{1}, store.Templates{}, 10, true); err != nil || len(p.Deliveries) != 0 {
		t.Errorf("%d messages of no template, %v", len(p.Deliveries), err)
	}
}

func third[T, U any](_ T, _ U, err error) error { return err }

// Migrations run before the functions are updated, so that those of the version before work on the new schema for a while.
func TestFunctionsOfTheVersionBeforeWorkOnTheNewSchema(t *testing.T) {
	t.Parallel()
	dsn := testdb.DSN(t)
	fill(t, dsn)
	defaults(t, dsn)
	for _, statement := range []string{ // the steps, as that version had them
		`UPDATE events SET status = 9, cancel_reason = 'owner', canceled_at_ms = 5, lease_until_ms = 0, next_at_ms = NULL WHERE status = 0`,
		`UPDATE participants SET notify = 1`,
		`DELETE FROM participants`,
	} {
		must(t, testdb.Exec(t, dsn, statement))
	}
}

// statements are the changes that MySQL makes one by one, and can be killed between.
var statements = []string{
	`ALTER TABLE users ADD COLUMN name_held SMALLINT NOT NULL DEFAULT 0`,
	`ALTER TABLE events ADD COLUMN organiser_kind SMALLINT NOT NULL DEFAULT 0, ADD COLUMN conditions VARCHAR(300) NOT NULL DEFAULT '',
		ADD COLUMN claim_terms VARCHAR(300) NOT NULL DEFAULT '', ADD COLUMN notify_owner SMALLINT NOT NULL DEFAULT 0,
		ADD COLUMN tell_at_ms BIGINT NULL, ADD INDEX events_tell (tell_at_ms)`,
	`ALTER TABLE prizes ADD COLUMN value_cny INT NULL`,
	`ALTER TABLE participants ADD COLUMN seen SMALLINT NOT NULL DEFAULT 1`,
}

// schema is what the MySQL server says about the tables of a database, one line for each column and each part of a key.
func schema(t *testing.T, dsn string) (lines []string) {
	t.Helper()
	db := testdb.Connect(t, dsn)
	defer db.Close()
	for _, query := range []string{
		`SELECT CONCAT_WS(' ', table_name, column_name, column_type, is_nullable, column_default, collation_name)
		FROM information_schema.columns WHERE table_schema = DATABASE()`,
		`SELECT CONCAT_WS(' ', table_name, index_name, seq_in_index, column_name, non_unique)
		FROM information_schema.statistics WHERE table_schema = DATABASE()`,
	} {
		rows, err := db.Query(query)
		must(t, err)
		defer rows.Close()
		for rows.Next() {
			var line string
			must(t, rows.Scan(&line))
			lines = append(lines, line)
		}
		must(t, rows.Err())
	}
	slices.Sort(lines)
	return lines
}

// TestAMigrationThatDiedInTheMiddleIsRunAgain has everything there that a client can have left that was killed.
func TestAMigrationThatDiedInTheMiddleIsRunAgain(t *testing.T) {
	t.Parallel()
	testdb.MySQL(t)
	want := schema(t, testdb.DSN(t))
	cases := map[string]func(t *testing.T, dsn string){
		"some columns of a table, of an earlier build": func(t *testing.T, dsn string) {
			must(t, testdb.Exec(t, dsn, `ALTER TABLE events ADD COLUMN conditions VARCHAR(300) NOT NULL DEFAULT '', ADD COLUMN tell_at_ms BIGINT NULL`))
		},
	}
	for n := range len(statements) + 1 {
		cases[fmt.Sprintf("%d of the %d tables are changed", n, len(statements))] = func(t *testing.T, dsn string) {
			for _, s := range statements[:n] {
				must(t, testdb.Exec(t, dsn, s))
			}
		}
	}
	tables := []string{"share_codes", "turns", "pauses", "deliveries", "notices", "credits"} // the last one first
	for n := range len(tables) + 1 {
		cases[fmt.Sprintf("%d of the %d new tables are missing", n, len(tables))] = func(t *testing.T, dsn string) {
			_, err := migrate.Up(context.Background(), dsn)
			must(t, err)
			for _, name := range tables[:n] {
				must(t, testdb.Exec(t, dsn, `DROP TABLE `+name))
			}
			forget(t, dsn, 7)
		}
	}
	for what, die := range cases {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			dsn := old(t)
			rows := contents(t, dsn)
			die(t, dsn)
			if applied, err := migrate.Up(context.Background(), dsn); err != nil || len(applied) == 0 {
				t.Fatal(applied, err)
			}
			if diff := cmp.Diff(want, schema(t, dsn)); diff != "" {
				t.Errorf("schema (-straight +again):\n%s", diff)
			}
			if diff := cmp.Diff(rows, contents(t, dsn)); diff != "" {
				t.Errorf("rows have changed (-before +after):\n%s", diff)
			}
			defaults(t, dsn)
			if applied, err := migrate.Up(context.Background(), dsn); err != nil || len(applied) != 0 {
				t.Errorf("once more: %v, %v", applied, err)
			}
		})
	}
}

// TestAMigrationThatFailsInTheMiddleIsRunAgain has the second of the tables refuse its change, until the reason is put away.
func TestAMigrationThatFailsInTheMiddleIsRunAgain(t *testing.T) {
	t.Parallel()
	testdb.MySQL(t)
	ctx, dsn := context.Background(), old(t)
	must(t, testdb.Exec(t, dsn, `CREATE INDEX events_tell ON events (hidden)`))
	if applied, err := migrate.Up(ctx, dsn); err == nil || len(applied) != 0 {
		t.Fatalf("%v, %v", applied, err)
	}
	must(t, testdb.Exec(t, dsn, `UPDATE users SET name_held = 0`)) // the first was changed
	all, err := migrate.Status(ctx, dsn)
	must(t, err)
	for _, m := range all {
		if m.Applied.IsZero() != (m.Version > before) {
			t.Errorf("%+v", m)
		}
	}
	must(t, testdb.Exec(t, dsn, `DROP INDEX events_tell ON events`))
	_, err = migrate.Up(ctx, dsn)
	must(t, err)
	if diff := cmp.Diff(schema(t, testdb.DSN(t)), schema(t, dsn)); diff != "" {
		t.Errorf("schema (-straight +again):\n%s", diff)
	}
}

func TestStatusNamesEveryMigration(t *testing.T) {
	t.Parallel()
	ctx, dsn := context.Background(), old(t)
	want := []string{
		"00001_lottery", "00002_multi_primary", "00003_list_sections", "00004_beacon", "00005_organisers", "00006_message_columns", "00007_messages",
	}
	for _, done := range []int64{before, int64(len(want))} {
		all, err := migrate.Status(ctx, dsn)
		must(t, err)
		var names []string
		for i, m := range all {
			names = append(names, m.Name)
			if m.Version != int64(i+1) || m.Applied.IsZero() != (m.Version > done) || !m.Applied.IsZero() && time.Since(m.Applied).Abs() > time.Hour {
				t.Errorf("with %d done: %+v", done, m)
			}
		}
		if diff := cmp.Diff(want, names); diff != "" {
			t.Error(diff)
		}
		_, err = migrate.Up(ctx, dsn)
		must(t, err)
	}
}

func TestResetDropsAlsoWhatMessagesNeed(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for what, dsn := range map[string]string{"a whole database": testdb.DSN(t), "one from before": old(t)} {
		if what == "a whole database" {
			fill(t, dsn)
			must(t, testdb.Exec(t, dsn, `INSERT INTO notices (event_id, ended_at_ms, cursor_ticket) VALUES (?, 1, ?)`, drawn[:], ann[:]))
		}
		must(t, migrate.Reset(ctx, dsn))
		for _, name := range []string{"users", "events", "credits", "notices", "deliveries", "pauses", "turns", "share_codes"} {
			if err := testdb.Exec(t, dsn, `DELETE FROM `+name); err == nil {
				t.Errorf("%s: %s is still there", what, name)
			}
		}
		all, err := migrate.Status(ctx, dsn)
		must(t, err)
		for _, m := range all {
			if !m.Applied.IsZero() {
				t.Errorf("%s: %s counts as applied", what, m.Name)
			}
		}
		if applied, err := migrate.Up(ctx, dsn); err != nil || len(applied) != len(all) {
			t.Errorf("%s: up after reset: %v, %v", what, applied, err)
		}
	}
}

// TestTheSchemaOfMessagesRefusesWhatTheCodePromisesNotToDo writes rows behind the store's back: one that is good, and beside it what
// differs from it in one thing and is refused.
func TestTheSchemaOfMessagesRefusesWhatTheCodePromisesNotToDo(t *testing.T) {
	t.Parallel()
	dsn := testdb.DSN(t)
	fill(t, dsn)
	const (
		credit   = `INSERT INTO credits (user_id, template_id, credits) VALUES (?, ?, ?)`
		notice   = `INSERT INTO notices (event_id, ended_at_ms, cursor_ticket, complete, wanted, sent, refused, dead) VALUES (?, 1, ?, ?, ?, ?, ?, ?)`
		delivery = `INSERT INTO deliveries (event_id, user_id, state, due_at_ms, claim_token, ended_at_ms) VALUES (?, ?, ?, ?, ?, ?)`
		pause    = `INSERT INTO pauses (name, until_ms, reason) VALUES (?, 1, 'x')`
		turn     = `INSERT INTO turns (name, token, until_ms) VALUES (?, ?, 1)`
		code     = `INSERT INTO share_codes (event_id, version, content_type, image) VALUES (?, ?, 'image/png', ?)`
	)
	e, other, user, token, template := drawn[:], open[:], ann[:], olga[:], []byte("T")
	type bad map[string][]any
	for _, c := range []struct {
		statement string
		good      []any
		bad       bad
		also      [][]any // good, too
	}{
		{credit, []any{user, template, 0}, bad{
			"a credit twice":            {user, template, 1},
			"fewer credits than none":   {user, []byte("U"), -1},
			"a credit of no template":   {user, []byte{}, 1},
			"a credit of NULL":          {user, nil, 1},
			"an unknown number of them": {user, []byte("U"), nil},
		}, [][]any{{token, template, 1}, {user, []byte("t"), 1}, {user, []byte("T "), 1}}},
		{notice, []any{e, token, 1, 3, 1, 1, 1}, bad{
			"a notice twice":                  {e, token, 0, 3, 1, 1, 1},
			"a notice of an unknown event":    {user, token, 0, 3, 1, 1, 1},
			"a list that is half through":     {other, token, 2, 3, 1, 1, 1},
			"a cursor that is no ticket":      {other, []byte("123456789012345678"), 0, 3, 1, 1, 1},
			"no cursor":                       {other, nil, 0, 3, 1, 1, 1},
			"more ended than wished for it":   {other, token, 0, 2, 1, 1, 1},
			"more sent than wished for it":    {other, token, 0, 0, 1, 0, 0},
			"more refused than wished for it": {other, token, 0, 0, 0, 1, 0},
			"more dead than wished for it":    {other, token, 0, 0, 0, 0, 1},
			"fewer sent than none":            {other, token, 0, 3, -1, 1, 1},
			"fewer refused than none":         {other, token, 0, 3, 1, -1, 1},
			"fewer dead than none":            {other, token, 0, 3, 1, 1, -1},
			"fewer who wish it than none":     {other, token, 0, -1, 0, 0, 0},
		}, [][]any{{other, token, 0, 0, 0, 0, 0}}},
		{delivery, []any{e, user, 0, 5, nil, nil}, bad{
			"a message twice":                   {e, user, 0, 6, nil, nil},
			"an unknown state":                  {other, token, 4, nil, nil, 1},
			"a state before the first":          {other, token, -1, nil, nil, 1},
			"one that waits and is never due":   {other, token, 0, nil, nil, nil},
			"one that waits and has ended":      {other, token, 0, 5, nil, 1},
			"one that was sent and is due":      {other, token, 1, 5, nil, 1},
			"one that was sent and has not end": {other, token, 1, nil, nil, nil},
			"one that was refused and is due":   {other, token, 2, 5, nil, 1},
			"one that is dead and is due":       {other, token, 3, 5, nil, 1},
			"one that is dead and claimed":      {other, token, 3, nil, token, 1},
			"one that was sent and is claimed":  {other, token, 1, nil, token, 1},
		}, [][]any{{e, token, 0, 5, token, nil}, {other, user, 1, nil, nil, 1}, {other, token, 2, nil, nil, 1}, {other, make([]byte, 16), 3, nil, nil, 1}}},
		{pause, []any{[]byte("t:")}, bad{
			"a pause twice":      {[]byte("t:")},
			"a pause of nothing": {nil},
		}, [][]any{{[]byte("t:a")}, {[]byte("t:A")}}},
		{turn, []any{"deliver", token}, bad{
			"a turn twice":     {"deliver", user},
			"a turn of nobody": {"other", nil},
		}, [][]any{{"other", token}}},
		{code, []any{e, "release", []byte{1}}, bad{
			"a share code twice":               {e, "release", []byte{2}},
			"a share code of an unknown event": {user, "trial", []byte{1}},
			"a share code without an image":    {other, "trial", nil},
		}, [][]any{{e, "trial", []byte{1}}, {other, "release", []byte{1}}}},
	} {
		must(t, testdb.Exec(t, dsn, c.statement, c.good...))
		for what, args := range c.bad {
			if err := testdb.Exec(t, dsn, c.statement, args...); err == nil {
				t.Errorf("the schema allows %s", what)
			}
		}
		for _, args := range c.also {
			must(t, testdb.Exec(t, dsn, c.statement, args...))
		}
	}
	for what, statement := range map[string]string{
		"fewer credits than none":                      `UPDATE credits SET credits = -1 WHERE user_id = ?`,
		"a message that is due when it has ended":      `UPDATE deliveries SET state = 1 WHERE event_id = ?`,
		"a message that waits and is not due":          `UPDATE deliveries SET due_at_ms = NULL WHERE event_id = ?`,
		"counts that are more than who wished it":      `UPDATE notices SET sent = sent + 1 WHERE event_id = ?`,
		"fewer who wish it than have got their answer": `UPDATE notices SET wanted = wanted - 1 WHERE event_id = ?`,
	} {
		id := e
		if strings.Contains(statement, "credits") {
			id = user
		}
		if err := testdb.Exec(t, dsn, statement, id); err == nil {
			t.Errorf("the schema allows %s", what)
		}
	}
}
