# make demo   a bare machine to a running portal with demo data (PORT=3000), Gosuslugi's stand-in beside it (ESIA_PORT=3100)
# make test   every test: unit, property, both databases, browser
# make dev    rebuild and restart on change
.PHONY: demo test dev bench screenshots setup
PORT ?= 3000
ESIA_PORT ?= 3100

demo:
	@PORT=$(PORT) ESIA_PORT=$(ESIA_PORT) scripts/demo

test:
	@scripts/test

dev:
	@PORT=$(PORT) ESIA_PORT=$(ESIA_PORT) scripts/dev

bench:
	@scripts/bench

screenshots:
	@scripts/screenshots

setup:
	@scripts/setup test
