package postgres

import (
	"time"

	"example.com/acme/sample-service/internal/secret"
	"example.com/acme/sample-service/internal/setting"
)

// Config holds the settings of the database.
type Config struct {
	URL       secret.Value `yaml:"url" doc:"URL of the database: postgres://user@host:port/name?sslmode=verify-full. Required in production; elsewhere the default is the database sample_service on this machine."`
	Password  secret.Value `yaml:"password" doc:"Password for a URL without one. Each new connection reads the file of the password, or of the URL, again."`
	Pooler    string       `yaml:"pooler" default:"session" doc:"What the URL leads to: session for a server or a pooler in session mode, transaction for a pooler in transaction mode, such as PgBouncer."`
	DirectURL secret.Value `yaml:"direct_url" doc:"URL of the server behind a pooler in transaction mode. Migrations use it, because their lock belongs to a session, and so do backups."`

	MaxConnections     int `yaml:"max_connections" default:"7" doc:"Maximum number of connections in the pool. The readiness check has one more connection of its own, so that a busy pool does not look like a server that is down."`
	MinIdleConnections int `yaml:"min_idle_connections" default:"2" doc:"Minimum number of idle connections in the pool."`
	MaxInstances       int `yaml:"max_instances" default:"11" doc:"Maximum number of instances at one time, including those that a rollout adds. The service compares the connections of all instances with the limit of the server."`

	ConnectTimeout    time.Duration `yaml:"connect_timeout" default:"3s" doc:"Time limit for opening a connection; at most 10s, and below server.request_timeout."`
	AcquireTimeout    time.Duration `yaml:"acquire_timeout" default:"3s" doc:"Time limit for getting a connection from the pool; at most 10s, and below server.request_timeout."`
	StatementTimeout  time.Duration `yaml:"statement_timeout" default:"3s" doc:"Time limit for a statement; below server.request_timeout. It does not apply to migrations."`
	IdleTimeout       time.Duration `yaml:"idle_timeout" default:"5m" doc:"How long an idle connection above min_idle_connections stays open."`
	MaxLifetime       time.Duration `yaml:"max_lifetime" default:"30m" doc:"Maximum age of a connection. After a rotation, old credentials stay in use until it is reached."`
	MaxLifetimeJitter time.Duration `yaml:"max_lifetime_jitter" default:"5m" doc:"Random extra lifetime per connection, so that connections do not all expire at once."`

	SlowQuery time.Duration `yaml:"slow_query" default:"500ms" doc:"Queries that take at least this long are logged by name, without arguments; 0s logs none."`
}

// What connections may lead to.
const (
	poolerSession     = "session"
	poolerTransaction = "transaction"
)

// maxWait bounds what a request may wait for: longer, and callers have left.
const maxWait = 10 * time.Second

// maxPool is far beyond what any server serves well.
const maxPool = 1000

// Validate checks the settings.
func (c Config) Validate() setting.Errors {
	var errs setting.Errors
	for _, t := range []target{c.pooled(), c.direct()} {
		if _, err := t.parse(); err != nil {
			errs.Add(t.key, "%v", err)
		}
	}
	errs.AddIf(c.Pooler != poolerSession && c.Pooler != poolerTransaction, "pooler", "%q is neither session nor transaction", c.Pooler)
	errs.AddIf(c.DirectURL.IsSet() && c.Pooler == poolerSession, "direct_url", "has no effect with database.pooler session")
	errs.AddIf(c.MaxConnections < 1 || c.MaxConnections > maxPool, "max_connections",
		"%d is not between 1 and %d", c.MaxConnections, maxPool)
	errs.AddIf(c.MinIdleConnections < 0 || c.MinIdleConnections > c.MaxConnections, "min_idle_connections",
		"%d is not between 0 and database.max_connections, which is %d", c.MinIdleConnections, c.MaxConnections)
	errs.AddIf(c.MaxInstances < 1, "max_instances", "must be at least 1")
	for _, d := range []struct {
		key            string
		value, maximum time.Duration
	}{
		{"connect_timeout", c.ConnectTimeout, maxWait},
		{"acquire_timeout", c.AcquireTimeout, maxWait},
		{"statement_timeout", c.StatementTimeout, 0},
		{"idle_timeout", c.IdleTimeout, 0},
		{"max_lifetime", c.MaxLifetime, 0},
	} {
		errs.AddIf(d.value < time.Millisecond, d.key, "must be at least 1ms")
		errs.AddIf(d.maximum > 0 && d.value > d.maximum, d.key, "%s is more than %s", d.value, d.maximum)
	}
	errs.AddIf(c.MaxLifetimeJitter < 0, "max_lifetime_jitter", "must not be negative")
	errs.AddIf(c.SlowQuery < 0, "slow_query", "must not be negative")
	return errs
}
