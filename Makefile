# make demo   a bare machine to a running portal with demo data (PORT=3000)
# make test   every test: unit, property, both databases, browser
# make dev    rebuild and restart on change
.PHONY: demo test dev bench screenshots setup
PORT ?= 3000

demo:
	@PORT=$(PORT) scripts/demo

test:
	@scripts/test

dev:
	@PORT=$(PORT) scripts/dev

bench:
	@scripts/bench

screenshots:
	@scripts/screenshots

setup:
	@scripts/setup test
