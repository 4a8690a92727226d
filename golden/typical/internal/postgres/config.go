package postgres

import (
	"errors"
	"fmt"
	"time"

	"git.example.org/shop/orders/v2/internal/secret"
)

// Config holds the settings of the database.
type Config struct {
	URL       secret.Value `yaml:"url" doc:"Where the database is: postgres://user@host:port/name?sslmode=verify-full. Without it, the database orders on this machine."`
	Password  secret.Value `yaml:"password" doc:"Password for a URL that has none. A file that holds it, or the URL, is read again for each new connection."`
	Pooler    string       `yaml:"pooler" default:"session" doc:"What connections lead to: session for the server or a pooler that keeps sessions, transaction for a pooler in transaction mode, such as PgBouncer."`
	DirectURL secret.Value `yaml:"direct_url" doc:"The server behind a pooler in transaction mode, for migrations, whose lock belongs to a session, and for backups."`

	MaxConnections     int `yaml:"max_connections" default:"7" doc:"Size of the pool. One more connection is kept for the readiness check, so that a busy pool is not taken for a server that is down."`
	MinIdleConnections int `yaml:"min_idle_connections" default:"2" doc:"So many connections beyond those in use are kept open, for the next requests."`
	MaxInstances       int `yaml:"max_instances" default:"11" doc:"Most instances at one time, those that a rollout adds included. The connections of all of them are compared with what the server allows."`

	ConnectTimeout    time.Duration `yaml:"connect_timeout" default:"3s" doc:"Time in which a connection must be established; at most 10s, and below server.request_timeout."`
	AcquireTimeout    time.Duration `yaml:"acquire_timeout" default:"3s" doc:"How long a request waits for a connection of the pool; at most 10s, and below server.request_timeout."`
	StatementTimeout  time.Duration `yaml:"statement_timeout" default:"3s" doc:"Time in which a statement must end; below server.request_timeout. Migrations are not limited by it."`
	IdleTimeout       time.Duration `yaml:"idle_timeout" default:"5m" doc:"How long a connection that min_idle_connections does not keep stays open without use."`
	MaxLifetime       time.Duration `yaml:"max_lifetime" default:"30m" doc:"Age at which a connection is replaced. So long, after a rotation, the old credentials may still be in use."`
	MaxLifetimeJitter time.Duration `yaml:"max_lifetime_jitter" default:"5m" doc:"Up to so much is added to max_lifetime, so that connections are not all replaced at once."`

	SlowQuery time.Duration `yaml:"slow_query" default:"500ms" doc:"Queries that take so long are logged by name, without their arguments; 0s logs none."`
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
func (c Config) Validate() error {
	var errs []error
	for _, t := range []target{c.pooled(), c.direct()} {
		if _, err := t.parse(); err != nil {
			errs = append(errs, err)
		}
	}
	if c.Pooler != poolerSession && c.Pooler != poolerTransaction {
		errs = append(errs, fmt.Errorf("database.pooler: %q is neither session nor transaction", c.Pooler))
	}
	if c.DirectURL.IsSet() && c.Pooler == poolerSession {
		errs = append(errs, errors.New("database.direct_url: has no effect with database.pooler session"))
	}
	if c.MaxConnections < 1 || c.MaxConnections > maxPool {
		errs = append(errs, fmt.Errorf("database.max_connections: %d is not between 1 and %d", c.MaxConnections, maxPool))
	}
	if c.MinIdleConnections < 0 || c.MinIdleConnections > c.MaxConnections {
		errs = append(errs, fmt.Errorf("database.min_idle_connections: %d is not between 0 and database.max_connections, which is %d", c.MinIdleConnections, c.MaxConnections))
	}
	if c.MaxInstances < 1 {
		errs = append(errs, errors.New("database.max_instances: must be at least 1"))
	}
	for _, d := range []struct {
		key         string
		value, most time.Duration
	}{
		{"connect_timeout", c.ConnectTimeout, maxWait},
		{"acquire_timeout", c.AcquireTimeout, maxWait},
		{"statement_timeout", c.StatementTimeout, 0},
		{"idle_timeout", c.IdleTimeout, 0},
		{"max_lifetime", c.MaxLifetime, 0},
	} {
		if d.value < time.Millisecond {
			errs = append(errs, fmt.Errorf("database.%s: must be at least 1ms", d.key))
		}
		if d.most > 0 && d.value > d.most {
			errs = append(errs, fmt.Errorf("database.%s: %s is more than %s", d.key, d.value, d.most))
		}
	}
	if c.MaxLifetimeJitter < 0 {
		errs = append(errs, errors.New("database.max_lifetime_jitter: must not be below 0s"))
	}
	if c.SlowQuery < 0 {
		errs = append(errs, errors.New("database.slow_query: must not be below 0s"))
	}
	return errors.Join(errs...)
}
