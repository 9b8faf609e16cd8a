# Targets for `sam build` (Metadata: BuildMethod: makefile). It copies this folder, without .git, to a temporary one, runs
# one target there per function, and takes what the target leaves in ARTIFACTS_DIR. The environment is passed on, so Go's
# caches work. What git says cannot be known there: `COMMIT=$(git rev-parse --short=12 HEAD) sam build` makes the functions
# log it, and gives the same bytes as `go run ./cmd/package` in a clean checkout.

# GOOS and GOARCH are for the functions; the packager itself runs here.
bootstrap = GOOS= GOARCH= go run ./cmd/package -cloud aws -bare $(if $(COMMIT),-commit "$(COMMIT)") -out "$(ARTIFACTS_DIR)"

.PHONY: build-LoginFunction build-EventsFunction build-JoinFunction build-DrawFunction build-MigrateFunction

build-LoginFunction:
	$(bootstrap) login

build-EventsFunction:
	$(bootstrap) events

build-JoinFunction:
	$(bootstrap) join

build-DrawFunction:
	$(bootstrap) draw

build-MigrateFunction:
	$(bootstrap) migrate
