// Package storm has the tests that run the real programs of draw and join, as the cloud would run them, and do to them what
// a bad day does: processes are killed, the database dies, clocks are wrong, the timer is late or dead, one event is
// broken. It is about what still holds then; nothing else is in it, so it has no code of its own.
package storm
