package postgres

import (
	"fmt"
	"net/url"
	"strconv"
)

// ClientEnvironment returns the variables that lead psql, pg_dump and the other
// programs of PostgreSQL to the database: in the environment, unlike in the
// arguments, no other user of the machine sees a password.
func ClientEnvironment(cfg Config, service string) ([]string, error) {
	config, err := cfg.directConfig(service)
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	environment := []string{
		"PGHOST=" + config.Host,
		"PGPORT=" + strconv.Itoa(int(config.Port)),
		"PGUSER=" + config.User,
		"PGPASSWORD=" + config.Password,
		"PGDATABASE=" + config.Database,
		"PGAPPNAME=" + service,
		"PGCONNECT_TIMEOUT=" + strconv.Itoa(max(1, int(cfg.ConnectTimeout.Seconds()))),
	}
	text := localURL
	if where := cfg.direct(); where.url.IsSet() {
		text = where.url.Reveal()
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("postgres: %s: is not a URL", cfg.direct().key)
	}
	for _, encryption := range [][2]string{
		{"sslmode", "PGSSLMODE"}, {"sslrootcert", "PGSSLROOTCERT"}, {"sslcert", "PGSSLCERT"}, {"sslkey", "PGSSLKEY"},
	} {
		if value := u.Query().Get(encryption[0]); value != "" {
			environment = append(environment, encryption[1]+"="+value)
		}
	}
	return environment, nil
}
