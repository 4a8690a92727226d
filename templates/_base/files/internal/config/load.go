package config

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"

	"example.com/acme/sample-service/internal/secret"
	settings "example.com/acme/sample-service/internal/setting"
)

// Sources is everything that a configuration is made from.
type Sources struct {
	Environ   []string // KEY=VALUE, as [os.Environ] returns it
	SystemDir string   // usually /etc
	WorkDir   string   // usually the working directory
	File      string   // --config, a file that must exist
	Profile   string   // --profile
	Set       []string // --set, each KEY=VALUE
}

// System returns the sources of this process, without flags.
func System() Sources {
	return Sources{Environ: os.Environ(), SystemDir: "/etc", WorkDir: "."}
}

// Loaded is a configuration, and where it came from.
type Loaded struct {
	Config Config

	sources  Sources
	schema   *schema
	settings map[string]setting
	files    []file
}

// Load reads the configuration and checks it. The error holds everything that
// is wrong, a line each, ordered by place.
func Load(sources Sources) (*Loaded, error) {
	schema, err := newSchema(reflect.TypeFor[Config]())
	if err != nil {
		return nil, err
	}
	loaded := &Loaded{sources: sources, schema: schema}
	values, problems := load(schema, sources, reflect.ValueOf(&loaded.Config).Elem())
	loaded.settings, loaded.files = values.settings, values.files
	if loaded.Config.Production() {
		problems = append(problems, values.locate(schema, refusedInProduction(loaded.Config), problems)...)
		problems = append(problems, values.openFiles(schema, loaded.Config)...)
	}
	if err := joinSorted(problems); err != nil {
		return nil, err
	}
	return loaded, nil
}

// Reload reads everything again. Whatever would have stopped the start is an
// error, and the configuration in use stays as it is.
func (l *Loaded) Reload() (*Loaded, error) { return Load(l.sources) }

// Files returns the files that were read, those of secrets included. A change
// of one of them is a reason to call Reload.
func (l *Loaded) Files() []string {
	var paths []string
	for _, f := range l.files {
		if f.read {
			paths = append(paths, f.path)
		}
	}
	return paths
}

// setting is a value, and where it was set.
type setting struct {
	value  reflect.Value
	origin Origin
}

// result is what the layers add up to.
type result struct {
	settings map[string]setting
	files    []file
}

// load fills target, a struct that schema describes. Keys whose values are
// wrong keep their default, so that the rest can be checked as well.
func load(schema *schema, sources Sources, target reflect.Value) (result, []*settingError) {
	r := result{settings: make(map[string]setting)}
	var problems []*settingError
	keep := func(settings map[string]setting, found []*settingError) map[string]setting {
		problems = append(problems, found...)
		return settings
	}

	defaults := keep(schema.readDefaults())
	fromFiles := make(map[string]setting)
	for _, path := range sources.candidates() {
		maps.Copy(fromFiles, keep(r.readSettings(schema, path, path == sources.File)))
	}
	above := []map[string]setting{fromFiles, keep(schema.readEnvironment(sources.Environ)), keep(schema.readFlags(sources.Profile, sources.Set))}

	maps.Copy(r.settings, defaults)
	chosen, hasProfile := defaults[profileKey]
	for _, layer := range above {
		if s, ok := layer[profileKey]; ok {
			chosen = s
		}
	}
	if hasProfile {
		maps.Copy(r.settings, keep(schema.readProfile(chosen)))
	}
	for _, layer := range above {
		maps.Copy(r.settings, layer)
	}

	problems = append(problems, r.readSecrets(schema)...)
	for _, k := range schema.keys {
		if s, ok := r.settings[k.path]; ok && k.index != nil {
			target.FieldByIndex(k.index).Set(s.value)
		}
	}
	return r, append(problems, r.locate(schema, validate(schema, target), problems)...)
}

func (s *schema) readDefaults() (map[string]setting, []*settingError) {
	settings := make(map[string]setting, len(s.keys))
	var problems []*settingError
	for _, k := range s.keys {
		value, err := parse(k.typ, k.fallback)
		if err != nil {
			problems = append(problems, &settingError{key: k.path, variable: k.variable, problem: err.Error()})
			continue
		}
		settings[k.path] = setting{value: value}
	}
	return settings, problems
}

// readSettings reads a file of settings, which need not exist unless it is required.
func (r *result) readSettings(schema *schema, path string, required bool) (map[string]setting, []*settingError) {
	data, mode, err := readFile(path)
	r.files = append(r.files, file{path: path, read: err == nil, mode: mode})
	origin := Origin{layer: layerFile, name: path}
	if err != nil {
		if absent(err) && !required {
			return nil, nil
		}
		return nil, []*settingError{{origin: origin, problem: reason(err)}}
	}
	return schema.readYAML(origin, data)
}

// readSecrets reads the secrets that are kept in files of their own.
func (r *result) readSecrets(schema *schema) []*settingError {
	var problems []*settingError
	for _, k := range schema.keys {
		from, ok := r.settings[k.path]
		if k.secretOf == "" || !ok || from.value.String() == "" {
			continue
		}
		report := func(problem string) {
			problems = append(problems, &settingError{origin: from.origin, key: k.path, variable: k.variable, problem: problem})
		}
		if direct, ok := r.settings[k.secretOf]; ok && isSet(direct.value) {
			report(fmt.Sprintf("excludes %s, which is set too (%s)", k.secretOf, direct.origin))
			continue
		}
		path := from.value.String()
		data, mode, err := readFile(path)
		if err != nil {
			report(fmt.Sprintf("%s: %s", path, reason(err)))
			continue
		}
		r.files = append(r.files, file{path: path, kind: secretFile, key: k.path, read: true, mode: mode})
		value := secret.FromFile(path, data)
		if !value.IsSet() {
			report(path + ": is empty")
			continue
		}
		r.settings[k.secretOf] = setting{value: reflect.ValueOf(value), origin: Origin{layer: from.origin.layer, name: path}}
	}
	return problems
}

func isSet(value reflect.Value) bool {
	s, ok := value.Interface().(secret.Value)
	return ok && s.IsSet()
}

// validator is a section, or all of them together, that can check itself. The keys
// of its errors are relative to it. A key in upper case is a variable that other
// programs know too.
type validator interface{ Validate() settings.Errors }

// validate asks a struct and each of its sections to check themselves.
func validate(schema *schema, target reflect.Value) error {
	var errs []error
	check := func(parent string, v any) {
		if v, ok := v.(validator); ok {
			for _, e := range v.Validate() {
				key := parent + e.Key
				if e.Key == strings.ToUpper(e.Key) {
					key = e.Key
				}
				errs = append(errs, fmt.Errorf("%s: %s", key, e.Reason))
			}
		}
	}
	check("", target.Interface())
	for _, section := range schema.sections {
		if len(section.index) == 1 { // a part of a section is checked by the section
			check(section.path+".", target.FieldByIndex(section.index).Interface())
		}
	}
	return errors.Join(errs...)
}

// locate finds the origin of the key that each error begins with, or of a
// variable that is not one of ours. A key that is known to be wrong already is
// not reported again.
func (r *result) locate(schema *schema, err error, known []*settingError) []*settingError {
	var problems []*settingError
	for _, e := range flatten(err) {
		text := strings.ReplaceAll(e.Error(), "\n", "; ")
		path, problem, _ := strings.Cut(text, ": ")
		k, ok := schema.byPath[path]
		if !ok {
			problems = append(problems, &settingError{origin: Origin{layer: layerEnvironment, name: path}, problem: problem})
			continue
		}
		if !slices.ContainsFunc(known, func(p *settingError) bool { return p.key == path }) {
			problems = append(problems, &settingError{origin: r.settings[path].origin, key: path, variable: k.variable, problem: problem})
		}
	}
	return problems
}

// flatten returns the errors that were joined.
func flatten(err error) []error {
	if err == nil {
		return nil
	}
	var several interface{ Unwrap() []error }
	// An error with text of its own around several others is one error.
	if !errors.As(err, &several) || errors.Join(several.Unwrap()...).Error() != err.Error() {
		return []error{err}
	}
	var errs []error
	for _, e := range several.Unwrap() {
		errs = append(errs, flatten(e)...)
	}
	return errs
}

// reason returns what went wrong with a file without its path, which the
// origin of the error names already.
func reason(err error) string {
	if pathError, ok := errors.AsType[*os.PathError](err); ok {
		return pathError.Err.Error()
	}
	return err.Error()
}
