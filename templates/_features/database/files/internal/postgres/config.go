package postgres

import (
	"time"

	"example.com/acme/sample-service/internal/secret"
	"example.com/acme/sample-service/internal/setting"
)

// Config holds the settings of the database.
type Config struct {
	URL       secret.Value `yaml:"url" doc:"Address of the database: postgres://user@host:port/name?sslmode=verify-full. Empty means the database sample_service on this machine."`
	Password  secret.Value `yaml:"password" doc:"Password for a URL that has none. If the password or the URL comes from a file, the service reads the file again for each new connection."`
	Pooler    string       `yaml:"pooler" default:"session" doc:"What the service connects to: session for PostgreSQL itself or a pooler in session mode, transaction for a pooler in transaction mode, such as PgBouncer."`
	DirectURL secret.Value `yaml:"direct_url" doc:"Address for migrations and for database exec, such as the server behind a pooler, or a role that owns the schema. Empty means database.url. A pooler in transaction mode requires it for migrations."`

	MaxConnections     int `yaml:"max_connections" default:"8" doc:"Maximum number of connections in the pool."`
	MinIdleConnections int `yaml:"min_idle_connections" default:"2" doc:"Minimum number of idle connections in the pool."`
	MaxInstances       int `yaml:"max_instances" default:"11" doc:"Maximum number of instances, including those that a rollout adds. The service warns if the server allows fewer connections than all instances may open."`

	ConnectTimeout    time.Duration `yaml:"connect_timeout" default:"3s" doc:"Time limit for opening a connection; at most 10s, and below server.request_timeout."`
	AcquireTimeout    time.Duration `yaml:"acquire_timeout" default:"3s" doc:"How long a request waits for a connection from the pool; at most 10s, and below server.request_timeout."`
	StatementTimeout  time.Duration `yaml:"statement_timeout" default:"3s" doc:"Time limit for a statement; below server.request_timeout. It does not apply to migrations."`
	IdleTimeout       time.Duration `yaml:"idle_timeout" default:"5m" doc:"The pool closes a connection that has been idle for this long, but keeps min_idle_connections."`
	MaxLifetime       time.Duration `yaml:"max_lifetime" default:"30m" doc:"The pool replaces a connection of this age. After a rotation, old credentials can stay in use for max_lifetime plus max_lifetime_jitter."`
	MaxLifetimeJitter time.Duration `yaml:"max_lifetime_jitter" default:"5m" doc:"Random extra lifetime per connection, so that connections do not all expire at once."`

	SlowQuery time.Duration `yaml:"slow_query" default:"500ms" doc:"The service logs the name and duration of a query that takes at least this long. 0s turns this off."`
}

// Values of database.pooler.
const (
	poolerSession     = "session"
	poolerTransaction = "transaction"
)

const (
	maxWait = 10 * time.Second // for a connection; clients give up sooner
	maxPool = 1000
)

// Validate checks the settings.
func (c Config) Validate() setting.Errors {
	var errs setting.Errors
	for _, a := range []address{c.pooled(), c.direct()} {
		if _, err := a.parse(); err != nil {
			errs.Add(a.key, "%v", err)
		}
	}
	errs.AddIf(c.Pooler != poolerSession && c.Pooler != poolerTransaction, "pooler", "%q is neither session nor transaction", c.Pooler)
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
