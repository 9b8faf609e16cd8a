// Package vdraw is a draw that anybody can recheck: what was promised at creation, who was on the list at the lock and
// who won are bytes with one possible hash each, and the winners follow from them without a choice left to anyone.
//
// It is the byte layer of the specification vdraw/1 (docs/vdraw.md): pure functions over fixed-length fields, without a
// clock, a network or an error that is not a broken rule. A draw runs through it in this order.
//
// Creation. [Commit] hides the secret, [RulesDigest] pins the rules text, [Manifest] holds both with the times and the
// number of winners. Its [Manifest.Digest], called MD, names the event in everything that follows.
//
// Join. [NewTicket] turns an openid into a ticket that tells strangers nothing about the openid; [SignReceipt] gives its
// owner something to show should the ticket be missing later.
//
// Lock. A [List] takes the tickets in ascending order, one by one, and gives their count, the root of their RFC 9162
// tree and one [Page] record for every 256 tickets. [LockDigest], called LD, binds count and root to the event;
// [SignLock] signs it. Anybody's inclusion path then costs one page of tickets: [PagedPath], checked by [VerifyPath].
//
// Draw. [Seed] joins LD, the secret and the beacon; [Picks] gives the winners as indices into the list, in prize order.
// A [Draw] is the same loop one step at a time, so that reserves follow from the same seed.
//
// In [ModeTrusted] the beacon is 32 zero bytes and the operator, who knows the secret, has to be trusted. In
// [ModeBeacon] it is SHA-256 of a signature of drand's quicknet, whose constants are pinned here.
//
// Integers are big-endian, hex is lower case, instants are Unix seconds, an index counts from 0.
package vdraw
