// Package vdraw is a draw that anybody can recheck: what was promised at creation, who was on the list at the lock and
// who won are bytes with one possible hash each, and the winners follow from them without a choice left to anyone.
//
// It is the specification vdraw/1 (docs/vdraw.md) as pure functions, without a clock, a network or an error that is not a broken
// rule. Beside the standard library it needs circl, for the BLS signatures of public randomness. A draw runs through it in this
// order.
//
// Creation. [Commit] hides the secret, [RulesDigest] pins the rules text, [Manifest] holds both with the times and the
// number of winners; in [ModeBeacon] also which [Chain] of public randomness decides, and with which round
// ([Chain.RoundAt]). Its [Manifest.Digest], called MD, names the event in everything that follows.
//
// Join. [NewTicket] turns an openid into a ticket that tells strangers nothing about the openid; [NewReceipt] gives its
// owner something to show should the ticket be missing later.
//
// Lock. A [List] takes the tickets in ascending order, one by one, and gives their count, the root of their RFC 9162
// tree and one [Page] record for every 256 tickets. [LockDigest], called LD, binds count and root to the event, or
// [LateLockDigest] where the list was frozen too late for the announced round; [SignLock] signs it. Anybody's inclusion path then
// costs one page of tickets: [PagedPath], checked by [VerifyPath].
//
// Draw. [Chain.Verify] checks the signature of the round, [Signature.Beacon] makes randomness of it, [Seed] joins LD, the secret
// and that; [Picks] gives the winners as indices into the list, in prize order. A [Draw] is the same loop one step at a time, so
// that reserves follow from the same seed.
//
// Afterwards. A [Proof] is all that in JSON. [Check] takes the ten steps of the specification on it and on what somebody kept
// ([Given]): each ends ok, failed or not checked, with a sentence, and whatever was not checked is named.
//
// In [ModeTrusted] the beacon is 32 zero bytes and the operator, who knows the secret, has to be trusted. In [ModeBeacon] it is
// SHA-256 of a signature of drand's [Quicknet], whose constants are pinned here. A [DevelopmentChain] is for trying things out;
// Check takes it only from whoever runs the check.
//
// Integers are big-endian, hex is lower case, instants are Unix seconds, an index counts from 0.
package vdraw
