package postgres

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// ClientEnvironment returns the variables that connect psql, pg_dump and other clients to the database. Unlike
// arguments, variables do not show the password to other users of the machine.
func ClientEnvironment(cfg Config, service string) ([]string, error) {
	config, err := cfg.directConfig(service)
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	// A host occurs twice if it may be reached with and without TLS.
	hosts, ports := []string{config.Host}, []string{strconv.Itoa(int(config.Port))}
	for _, next := range config.Fallbacks {
		port := strconv.Itoa(int(next.Port))
		if next.Host != hosts[len(hosts)-1] || port != ports[len(ports)-1] {
			hosts, ports = append(hosts, next.Host), append(ports, port)
		}
	}
	environment := []string{
		"PGHOST=" + strings.Join(hosts, ","),
		"PGPORT=" + strings.Join(ports, ","),
		"PGUSER=" + config.User,
		"PGPASSWORD=" + config.Password,
		"PGDATABASE=" + config.Database,
		"PGAPPNAME=" + service,
		"PGCONNECT_TIMEOUT=" + strconv.Itoa(max(1, int(cfg.ConnectTimeout.Seconds()))),
	}
	text := localURL
	if server := cfg.direct(); server.url.IsSet() {
		text = server.url.Reveal()
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("postgres: database.%s: is not a URL", cfg.direct().key)
	}
	query := u.Query()
	for _, name := range []string{"sslmode", "sslrootcert", "sslcert", "sslkey"} {
		if value := query.Get(name); value != "" {
			environment = append(environment, "PG"+strings.ToUpper(name)+"="+value)
		}
	}
	if value := query.Get("target_session_attrs"); value != "" {
		environment = append(environment, "PGTARGETSESSIONATTRS="+value)
	}
	return environment, nil
}
