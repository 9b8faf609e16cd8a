package cloud

// Version and Commit say which build is running; the build sets them by
//
//	-ldflags "-X wxlottery/shared/cloud.Version=… -X wxlottery/shared/cloud.Commit=…"
//
// and every log record carries them.
var (
	Version = "0.1.0-dev"
	Commit  = "unknown"
)
