package httpapi

import "testing"

func TestParseETags(t *testing.T) {
	for header, want := range map[string]struct {
		valid bool
		has   bool // version 3
	}{
		`"3"`:            {true, true},
		`W/"3"`:          {true, true},
		`*`:              {true, true},
		`"1", "3"`:       {true, true},
		`"1", "2"`:       {true, false},
		`"33"`:           {true, false},
		``:               {false, false},
		`3`:              {false, false},
		`"3`:             {false, false},
		`*, "3"`:         {false, false},
		` "3" `:          {true, true},
		`"1",W/"3" ,"9"`: {true, true},
		`"1",, ,"3"`:     {true, true},
		`, "3",`:         {true, true},
		`"a,\"`:          {true, false},
		`""`:             {true, false},
		`"03"`:           {true, false},
		`3"`:             {false, false},
		`"3" "4"`:        {false, false},
		`w/"3"`:          {false, false},
		`W/3`:            {false, false},
		`W/`:             {false, false},
		`,`:              {false, false},
		`"3", *`:         {false, false},
		`"1", 3`:         {false, false},
	} {
		list, ok := parseETags(header)
		if ok != want.valid || ok && list.has(3) != want.has {
			t.Errorf("%s: got valid %t and has %t, want %t and %t", header, ok, list.has(3), want.valid, want.has)
		}
	}
}
