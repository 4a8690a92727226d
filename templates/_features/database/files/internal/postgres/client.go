package postgres

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
)

// Parameters of a URL that the clients of PostgreSQL read from a variable, and those that they read only from a URL.
var (
	withVariable = []string{
		"sslmode", "sslrootcert", "sslcert", "sslkey", "sslcertmode", "sslsni", "sslnegotiation", "channel_binding", "require_auth",
		"min_protocol_version", "max_protocol_version", "krbsrvname", "target_session_attrs",
	}
	withoutVariable = []string{"service", "servicefile", "ssl", "sslpassword", "krbspn"}
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
		"PGOPTIONS=" + serverOptions(config.RuntimeParams),
		"PGCONNECT_TIMEOUT=" + strconv.Itoa(max(1, int(cfg.ConnectTimeout.Seconds()))),
	}
	text := localURL
	if server := cfg.direct(); server.url.IsSet() {
		text = server.url.Reveal()
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("postgres: database.%s: not a URL; use postgres://user@host:5432/name", cfg.direct().key)
	}
	query := u.Query()
	for _, name := range withoutVariable {
		if query.Has(name) {
			return nil, fmt.Errorf("postgres: database.%s: remove %s from the URL; no variable passes it to the clients of PostgreSQL", cfg.direct().key, name)
		}
	}
	for _, name := range withVariable {
		variable := "PG" + strings.ToUpper(strings.ReplaceAll(name, "_", ""))
		if value := cmp.Or(query.Get(name), os.Getenv(variable)); value != "" { // pgx reads the variable too
			environment = append(environment, variable+"="+value)
		}
	}
	return environment, nil
}

// serverOptions returns the value of PGOPTIONS that sets the parameters of a session, such as search_path.
func serverOptions(parameters map[string]string) string {
	options := []string{parameters["options"]}
	escape := strings.NewReplacer(`\`, `\\`, ` `, `\ `)
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		if name != "options" && name != "application_name" {
			options = append(options, "-c "+name+"="+escape.Replace(parameters[name]))
		}
	}
	return strings.TrimSpace(strings.Join(options, " "))
}
