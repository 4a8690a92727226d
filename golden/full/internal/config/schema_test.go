package config

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/acme/billing-api/internal/secret"
)

// everything has a field of every type that a setting may have.
type everything struct {
	Part struct {
		Text     string         `yaml:"text" default:"a" doc:"D."`
		Switch   bool           `yaml:"switch" default:"true" doc:"D."`
		Whole    int            `yaml:"whole" default:"1" doc:"D."`
		Long     int64          `yaml:"long" default:"2" doc:"D."`
		Ratio    float64        `yaml:"ratio" default:"0.5" doc:"D."`
		Delay    time.Duration  `yaml:"delay" default:"1s" doc:"D."`
		Network  netip.Prefix   `yaml:"network" default:"10.0.0.0/8" doc:"D."`
		Texts    []string       `yaml:"texts" default:"a, b" doc:"D."`
		Networks []netip.Prefix `yaml:"networks" default:"10.0.0.0/8" doc:"D."`
		Secret   secret.Value   `yaml:"secret" doc:"D."`
		Inner    struct {
			Wholes []int `yaml:"wholes" default:"1,2" doc:"D."`
		} `yaml:"inner"`
	} `yaml:"part" doc:"A part."`
}

func TestEveryTypeIsReadFromEveryLayer(t *testing.T) {
	f := newFixture(t)
	step := func(want string) {
		t.Helper()
		_, r, err := loadStruct[everything](t, f.sources)
		if err != nil {
			t.Fatal(err)
		}
		var values []string
		for _, k := range schemaOf[everything](t).keys {
			if !k.isSecret() && k.secretOf == "" {
				values = append(values, format(r.settings[k.path].value))
			}
		}
		if diff := cmp.Diff(strings.Join(values, " "), want); diff != "" {
			t.Error("got -, want +\n" + diff)
		}
	}

	step(`a true 1 2 0.5 1s 10.0.0.0/8 [a, b] [10.0.0.0/8] [1, 2]`)
	f.file(workConfig, `
part:
  text: 1.20
  switch: false
  whole: 0x10
  long: 1_000
  ratio: 1
  delay: 2m
  network: 127.0.0.0/8
  texts: [c, "d, e"]
  networks: []
  inner:
    wholes:
      - 3
`)
	step(`1.20 false 16 1000 1 2m0s 127.0.0.0/8 [c, "d, e"] [] [3]`)
	f.environ(
		"BILLING_API_PART__TEXT=f g", "BILLING_API_PART__SWITCH=true", "BILLING_API_PART__WHOLE=-3",
		"BILLING_API_PART__LONG=4", "BILLING_API_PART__RATIO=0.25", "BILLING_API_PART__DELAY=3ms",
		"BILLING_API_PART__NETWORK=::1/128", "BILLING_API_PART__TEXTS=h,i",
		"BILLING_API_PART__NETWORKS=10.0.0.0/8,::1/128", "BILLING_API_PART__INNER__WHOLES=5",
	)
	step(`"f g" true -3 4 0.25 3ms "::1/128" [h, i] [10.0.0.0/8, "::1/128"] [5]`)
	f.sources.Set = []string{"part.text=", "part.texts=", "part.switch=false"}
	step(`"" false -3 4 0.25 3ms "::1/128" [] [10.0.0.0/8, "::1/128"] [5]`)
}

func TestValueOfTheWrongTypeIsRefused(t *testing.T) {
	for variable, text := range map[string]string{
		"SWITCH": "yes", "WHOLE": "1.5", "LONG": "9223372036854775808", "RATIO": "NaN", "DELAY": "1", "NETWORK": "10.0.0.0", "NETWORKS": "x,y", "INNER__WHOLES": "1,b",
	} {
		_, _, err := loadStruct[everything](t, Sources{Environ: []string{"BILLING_API_PART__" + variable + "=" + text}})
		if err == nil || !strings.HasPrefix(err.Error(), "BILLING_API_PART__"+variable+": part.") {
			t.Errorf("%s=%s: got %v", variable, text, err)
		}
	}
}

func TestWrongDefaultIsReported(t *testing.T) {
	type broken struct {
		Part struct {
			Port int `yaml:"port" default:"http" doc:"D."`
		} `yaml:"part" doc:"A part."`
	}
	_, _, err := loadStruct[broken](t, Sources{})
	if want := `default: part.port: "http" is not a whole number (environment: BILLING_API_PART__PORT)`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestStructWithAMistakeIsRefused(t *testing.T) {
	for rule, of := range map[string]reflect.Type{
		"no yaml tag": reflect.TypeFor[struct {
			Part struct {
				A string `doc:"D."`
			} `yaml:"part" doc:"D."`
		}](),
		"upper case": reflect.TypeFor[struct {
			Part struct {
				A string `yaml:"A" doc:"D."`
			} `yaml:"part" doc:"D."`
		}](),
		"two underscores": reflect.TypeFor[struct {
			Part struct {
				A string `yaml:"a__b" doc:"D."`
			} `yaml:"part" doc:"D."`
		}](),
		"key without doc": reflect.TypeFor[struct {
			Part struct {
				A string `yaml:"a"`
			} `yaml:"part" doc:"D."`
		}](),
		"section without doc": reflect.TypeFor[struct {
			Part struct{} `yaml:"part"`
		}](),
		"key outside a section": reflect.TypeFor[struct {
			A string `yaml:"a" doc:"D."`
		}](),
		"type that cannot be a setting": reflect.TypeFor[struct {
			Part struct {
				A map[string]string `yaml:"a" doc:"D."`
			} `yaml:"part" doc:"D."`
		}](),
		"list of secrets": reflect.TypeFor[struct {
			Part struct {
				A []secret.Value `yaml:"a" doc:"D."`
			} `yaml:"part" doc:"D."`
		}](),
		"key twice": reflect.TypeFor[struct {
			Part struct {
				A secret.Value `yaml:"a" doc:"D."`
				B string       `yaml:"a_file" doc:"D."`
			} `yaml:"part" doc:"D."`
		}](),
	} {
		if _, err := newSchema(of); err == nil {
			t.Errorf("%s: accepted", rule)
		}
	}
}
