package vdraw_test

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"os"
	"slices"

	"wxlottery/shared/vdraw"
)

// A whole draw in mode 0, from its creation to the winners.
func Example() {
	id, secret, eventKey := [16]byte{1}, [32]byte{2}, []byte("of this event only")
	manifest := vdraw.Manifest{
		EventID: id, Seq: 1, Mode: vdraw.ModeTrusted, LockTime: 1_789_999_940, DrawTime: 1_790_000_000, Winners: 2,
		Commit: vdraw.Commit(id, secret), Rules: vdraw.RulesDigest("Tea × 2\n"),
	}

	var tickets []vdraw.Ticket
	for _, openid := range []string{"alice", "bob", "carol", "dave"} {
		tickets = append(tickets, vdraw.NewTicket(eventKey, id, openid))
	}
	slices.SortFunc(tickets, func(a, b vdraw.Ticket) int { return bytes.Compare(a[:], b[:]) })

	var list vdraw.List
	for _, ticket := range tickets {
		if err := list.Add(ticket); err != nil {
			panic(err)
		}
	}
	ld := vdraw.LockDigest(manifest.Digest(), list.Count(), list.Root())

	seed := vdraw.Seed(ld, secret, vdraw.Digest{})
	for place, index := range vdraw.Picks(seed, list.Count(), int(manifest.Winners)) {
		fmt.Println(place+1, tickets[index])
	}
	// Output:
	// 1 c30eb1c0cb007ceb78eee79349cfa1c8
	// 2 d5d6d24717da05fd18a0c33bfeb0a1f1
}

// A stranger checks a published draw with what he kept: here the proof and the list, and nothing else.
func ExampleCheck() {
	proof, err := os.ReadFile("testdata/example.proof.json")
	if err != nil {
		panic(err)
	}
	tickets, err := os.ReadFile("testdata/example.tickets.bin")
	if err != nil {
		panic(err)
	}
	report := vdraw.Check(proof, vdraw.Given{Tickets: tickets})
	for _, step := range report.Steps {
		fmt.Printf("%d %s: %s\n", step.Number, step.Name.En, step.Outcome)
	}
	for _, open := range report.NotChecked {
		fmt.Println("not checked:", open.Code)
	}
	// Output:
	// 1 Format: ok
	// 2 What was promised: ok
	// 3 The secret: ok
	// 4 Which randomness: ok
	// 5 The randomness itself: ok
	// 6 The locked list: ok
	// 7 The seed: ok
	// 8 The draw: ok
	// 9 The winners' tickets: ok
	// 10 My ticket: not checked
	// not checked: promise.no_rules
	// not checked: promise.no_manifest
	// not checked: lock.no_key
	// not checked: lock.time
	// not checked: mine.none
}

// A receipt is good for one ticket of one event, under the key that its owner has from elsewhere.
func ExampleNewReceipt() {
	operator := ed25519.NewKeyFromSeed(make([]byte, 32))
	receipt := vdraw.NewReceipt(operator, vdraw.Digest{1}, vdraw.Ticket{2}, 1_789_999_000)
	key := operator.Public().(ed25519.PublicKey)
	fmt.Println(receipt.Verify(key))
	receipt.Ticket[0]++
	fmt.Println(receipt.Verify(key))
	// Output:
	// true
	// false
}

// The first round at or after an instant is what a manifest announces.
func ExampleChain_RoundAt() {
	c := vdraw.Quicknet()
	round := c.RoundAt(1_790_000_000)
	fmt.Println(round, c.RoundTime(round))
	// Output:
	// 32398879 1790000001
}

// A replacement for an unclaimed prize is the next step of the same draw.
func ExampleDraw() {
	seed, err := vdraw.ParseDigest("5c2e933494f1c92f48cf4683c04be419e9c8c584995e7b454e6dc2083da58dd8")
	if err != nil {
		panic(err)
	}
	d := vdraw.NewDraw(seed, 10)
	for range 3 {
		index, _ := d.Next()
		fmt.Println("winner", index)
	}
	reserve, _ := d.Next()
	fmt.Println("reserve", reserve)
	// Output:
	// winner 5
	// winner 1
	// winner 0
	// reserve 8
}

// A participant's path costs one page of tickets, however long the list is.
func ExamplePagedPath() {
	tickets := countingTickets(1000)
	var list vdraw.List
	for _, ticket := range tickets {
		if err := list.Add(ticket); err != nil {
			panic(err)
		}
	}
	const index = 700
	page := tickets[512:768]
	path := vdraw.PagedPath(page, index, pageHashes(&list))
	fmt.Println(len(path), vdraw.VerifyPath(list.Root(), list.Count(), index, tickets[index], path))
	// Output: 10 true
}
