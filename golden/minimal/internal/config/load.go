package config

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/go-viper/mapstructure/v2"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/v2"

	"github.com/acme/billing-api/internal/setting"
)

// Sources says where settings come from.
type Sources struct {
	Environ []string // KEY=VALUE, as [os.Environ] returns it
	Files   []string // settings files that need not exist, lowest layer first
	File    string   // --config, a settings file that must exist
	Profile string   // --profile
	Set     []string // --set, each KEY=VALUE
}

// System returns the sources of this process, without flags.
func System() Sources { return Sources{Environ: os.Environ(), Files: defaultFiles()} }

func (s Sources) files() []string {
	if s.File == "" {
		return s.Files
	}
	isFile := func(path string) bool { return absolute(path) == absolute(s.File) }
	return append(slices.DeleteFunc(slices.Clone(s.Files), isFile), s.File) // read it once
}

func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

// Loaded is a valid configuration, and where it came from.
type Loaded struct {
	Config Config

	sources Sources
	loader  *loader
}

// Load reads and checks the settings. The error holds all problems, sorted by origin, one line each.
func Load(sources Sources) (*Loaded, error) {
	loaded := &Loaded{sources: sources}
	loaded.loader = load(&loaded.Config, sources)
	if loaded.Config.Production() {
		loaded.loader.checkProduction(loaded.Config)
	}
	if err := loaded.loader.err(); err != nil {
		return nil, err
	}
	return loaded, nil
}

// LoadLenient reads the settings for a command that must work with broken settings. It ignores what it cannot use, such as
// a whole file that is not YAML, and says so in ignored. Flags must be right: err is about them.
func LoadLenient(sources Sources) (config Config, ignored, err error) {
	l := load(&config, sources)
	for _, p := range l.problems {
		if strings.HasPrefix(p.origin.name, "--") {
			err = errors.Join(err, p.err())
		}
	}
	if _, missing := os.Stat(sources.File); sources.File != "" && missing != nil {
		err = errors.Join(err, fmt.Errorf("--config: %w", missing))
	}
	return config, l.err(), err
}

// Reload reads the settings again. After an error, the settings in use stay valid.
func (l *Loaded) Reload() (*Loaded, error) { return Load(l.sources) }

// Changed returns the keys whose values differ.
func (l *Loaded) Changed(next *Loaded) []string {
	var changed []string
	for _, k := range l.loader.keys {
		if !reflect.DeepEqual(l.loader.values.Get(k.path), next.loader.values.Get(k.path)) {
			changed = append(changed, k.path)
		}
	}
	return changed
}

// Files returns the files to watch, whether they exist or not.
func (l *Loaded) Files() []string {
	files := slices.Clone(l.sources.files())
	return files
}

// loader merges the layers and collects problems.
type loader struct {
	keys   []key
	byPath map[string]key

	values   *koanf.Koanf
	origins  map[string]origin
	files    []file
	problems []problem
}

// file is a file that was read.
type file struct {
	path   string
	secret key // the key that names the file of a secret; the zero key for a settings file
	mode   fs.FileMode
}

// problem is one reason why the service cannot use the settings.
type problem struct {
	origin origin
	path   string // of the key, if it is a known key
	text   string
}

func (p problem) err() error { return fmt.Errorf("%s: %s", p.origin, p.text) }

// load fills the struct that target points to.
func load(target any, sources Sources) *loader {
	value := reflect.ValueOf(target).Elem()
	l := &loader{keys: keysOf(value.Type(), "", nil), byPath: map[string]key{}}
	for _, k := range l.keys {
		l.byPath[k.path] = k
	}

	layers := []layer{l.readDefaults()}
	for _, path := range sources.files() {
		layers = append(layers, l.readFile(path, path == sources.File))
	}
	layers = append(layers, l.readEnvironment(sources.Environ), l.readFlags(sources.Profile, sources.Set))
	l.merge(layers) // these layers choose the profile
	l.merge(slices.Insert(layers, 1, l.readProfile()))

	for _, k := range l.keys {
		l.decode(k, value.FieldByIndex(k.field))
	}
	l.validate("", value)
	return l
}

func (l *loader) isSection(path string) bool {
	return slices.ContainsFunc(l.keys, func(k key) bool { return strings.HasPrefix(k.path, path+".") })
}

func (l *loader) merge(layers []layer) {
	l.values, l.origins = koanf.New("."), map[string]origin{}
	for _, layer := range layers {
		_ = l.values.Load(confmap.Provider(layer.values, "."), nil) // a map cannot fail
		maps.Copy(l.origins, layer.origins)
	}
}

// fromText converts text and nothing else, unlike koanf's default, which reads an empty text as 0.
var fromText = koanf.UnmarshalConf{DecoderConfig: &mapstructure.DecoderConfig{DecodeHook: mapstructure.ComposeDecodeHookFunc(
	mapstructure.StringToTimeDurationHookFunc(),
	mapstructure.TextUnmarshallerHookFunc(),
	decimal,
	mapstructure.StringToBasicTypeHookFunc(),
)}}

// decimal converts text to an integer. The hook of mapstructure reads 010 as octal.
func decimal(_, to reflect.Type, value any) (any, error) {
	if text, ok := value.(string); ok && reflect.Zero(to).CanInt() {
		return strconv.ParseInt(text, 10, to.Bits())
	}
	return value, nil
}

// decode sets a field. A field whose value is not usable gets its default, so that other fields can be checked against it.
func (l *loader) decode(k key, field reflect.Value) {
	if err := l.values.UnmarshalWithConf(k.path, field.Addr().Interface(), fromText); err != nil {
		l.reject(k.path, "%q is not %s", l.values.Get(k.path), k.kindName())
		_ = l.values.Set(k.path, k.defaultValue)
		_ = l.values.UnmarshalWithConf(k.path, field.Addr().Interface(), fromText) // a test decodes every default
	}
}

// validate calls the Validate method of a struct and of its sections. A section validates its inner sections.
func (l *loader) validate(parent string, value reflect.Value) {
	if validator, ok := value.Interface().(interface{ Validate() setting.Errors }); ok {
		for _, err := range validator.Validate() {
			l.reject(parent+err.Key, "%s", err.Reason)
		}
	}
	if parent != "" {
		return
	}
	for i := range value.NumField() {
		l.validate(value.Type().Field(i).Tag.Get("yaml")+".", value.Field(i))
	}
}

// reject reports a value that is not allowed. It reports one problem for each key, because others may follow from it.
func (l *loader) reject(path, format string, args ...any) {
	if !slices.ContainsFunc(l.problems, func(p problem) bool { return p.path == path }) {
		l.report(l.origins[path], l.byPath[path], format, args...)
	}
}

func (l *loader) report(from origin, k key, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if k.path != "" {
		text = k.path + ": " + text
	}
	if k.path != "" && k.variable != from.name {
		text += " (environment: " + k.variable + ")"
	}
	l.problems = append(l.problems, problem{origin: from, path: k.path, text: text})
}

func (l *loader) err() error {
	slices.SortStableFunc(l.problems, func(a, b problem) int {
		return cmp.Or(cmp.Compare(a.origin.name, b.origin.name), cmp.Compare(a.origin.line, b.origin.line))
	})
	var errs []error
	for _, p := range l.problems {
		errs = append(errs, p.err())
	}
	return errors.Join(errs...)
}
