//go:build sqlite

package store

import _ "modernc.org/sqlite" // the driver; everything else about SQLite is compiled always, only cloud builds lack this
