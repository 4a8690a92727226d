package config

import "testing"

func TestEmptySecretFileSettingIsUnset(t *testing.T) {
	testSecret(t, func(f *fixture) {
		f.file("work.yaml", `store: {password: "", password_file: ""}`)
		f.environ("SAMPLE_SERVICE_STORE__PASSWORD=hunter2")
	}, "hunter2", "SAMPLE_SERVICE_STORE__PASSWORD")
}

func TestUnusableSecretIsRefused(t *testing.T) {
	const variable = " (environment: SAMPLE_SERVICE_STORE__PASSWORD)"
	for _, test := range []struct {
		rule string
		set  func(f *fixture)
		want string
	}{
		{
			"of the wrong type", func(f *fixture) { f.file("work.yaml", "store: {password: [hunter2]}") },
			"work.yaml:1: store.password: must be text" + variable,
		},
		{
			"in an empty file", func(f *fixture) {
				f.environ("SAMPLE_SERVICE_STORE__PASSWORD_FILE=" + f.file("password", "\n"))
			},
			"SAMPLE_SERVICE_STORE__PASSWORD_FILE: store.password_file: password is empty",
		},
	} {
		t.Run(test.rule, func(t *testing.T) { testRefusedSecret(t, test.set, test.want) })
	}
}
