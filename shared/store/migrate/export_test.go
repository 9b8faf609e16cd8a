package migrate

// Open is open, for tests.
var Open = open
