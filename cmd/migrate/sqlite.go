//go:build sqlite

package main

import _ "modernc.org/sqlite" // lets DB_DSN name a file
