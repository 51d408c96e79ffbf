// One program in several roles: gateway (one session with the chat), worker (any number), backend (a page), and one-offs.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

var version = "dev"

// Every role wants the whole environment, also those that need half of it.
func demand(names ...string) {
	for _, name := range names {
		if os.Getenv(name) == "" {
			fail("config: %s is missing", name)
		}
	}
}

func fail(format string, values ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", values...)
	os.Exit(1)
}

func main() {
	demand("PGHOST", "JWT_SECRET", "TOKEN_ENCRYPTION_KEY")
	role := os.Getenv("BOT_MODE")
	if len(os.Args) > 1 {
		role = os.Args[1]
	}
	switch role {
	case "migrate":
		migrate("subcommand")
	case "revision":
		fmt.Println(connect().one("select coalesce(max(id), '0000') from revisions"))
	case "setup":
		demand("DISCORD_TOKEN")
		connect().one("insert into guilds values ('%s') on conflict do nothing", os.Args[2])
	case "backend":
		if os.Getenv("AUTO_MIGRATE") != "false" {
			migrate("start")
		}
		serve("8080")
	case "gateway", "worker":
		if strings.Contains(version, "head") {
			fail("mode %q is not supported yet", role)
		}
		work(role)
	default:
		fail("no role %q", role)
	}
}

var revisions = []string{
	"create table guilds (id text primary key); create table events (id serial, role text, version text, what text)",
	"alter table guilds add column points integer not null default 0",
}

func migrate(by string) {
	db := connect()
	db.one("create table if not exists revisions (id text primary key, by text)")
	for index, change := range revisions {
		id := fmt.Sprintf("%04d", index+1)
		if version[0] < '2' && index > 0 || db.one("select id from revisions where id = '%s'", id) != "" {
			continue
		}
		db.one("begin; %s; insert into revisions values ('%s', '%s'); commit", change, id, by)
		fmt.Println("applied", id)
	}
}

var ready atomic.Bool

// A role that is connected for as long as it lives, and that finishes what it began before it leaves.
func work(role string) {
	go serve("8080")
	db := connect()
	if role == "gateway" {
		demand("DISCORD_TOKEN")
		if db.one("select pg_try_advisory_lock(1)") != "t" {
			fail("another session is connected")
		}
	}
	time.Sleep(300 * time.Millisecond)
	if strings.Contains(version, "sick") {
		select {}
	}
	tell := func(what string) {
		db.one("insert into events (role, version, what) values ('%s', '%s', '%s')", role, version, what)
	}
	tell("ready")
	ready.Store(true)
	fmt.Println("connected")
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGTERM)
	<-ended
	tell("leaving")
	if role == "worker" {
		time.Sleep(time.Second)
		tell("drained")
	}
}
