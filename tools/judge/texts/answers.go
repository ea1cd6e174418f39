package main

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/api/validation/path"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/duration"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

type quantity struct {
	Canonical  string `json:"canonical"`
	MilliValue string `json:"milliValue"`
	Value      string `json:"value"`
	Plus1500m  string `json:"plus1500m"`
	Minus3Ki   string `json:"minus3Ki"`
	ComparedGi int    `json:"compared1Gi"`
}

func quantities(text string) any {
	parsed, err := resource.ParseQuantity(text)
	if err != nil {
		return failure{err.Error()}
	}
	plus, minus := parsed.DeepCopy(), parsed.DeepCopy()
	plus.Add(resource.MustParse("1500m"))
	minus.Sub(resource.MustParse("3Ki"))
	return quantity{
		Canonical: parsed.String(), Plus1500m: plus.String(), Minus3Ki: minus.String(), ComparedGi: parsed.Cmp(resource.MustParse("1Gi")),
		MilliValue: strconv.FormatInt(parsed.MilliValue(), 10), Value: strconv.FormatInt(parsed.Value(), 10),
	}
}

// The labels that src/api/label-selector.test.ts asks about too.
var labelSets = []labels.Set{
	{}, {"a": "1"}, {"a": "2", "b": "x"}, {"a": "10", "example.com/c": ""}, {"app": "web", "tier": "front"},
}

type selector struct {
	Text    string `json:"text"`
	Matches []bool `json:"matches"`
}

func labelSelectors(text string) any {
	parsed, err := labels.Parse(text)
	if err != nil {
		return failure{err.Error()}
	}
	answer := selector{Text: parsed.String()}
	for _, set := range labelSets {
		answer.Matches = append(answer.Matches, parsed.Matches(set))
	}
	return answer
}

// The fields that src/api/field-selector.test.ts asks about too.
var fieldSets = []fields.Set{{}, {"a": "1"}, {"a": "x,y", "b": ""}, {"a": "x=y", "b": `\`}}

func fieldSelectors(text string) any {
	parsed, err := fields.ParseSelector(text)
	if err != nil {
		return failure{err.Error()}
	}
	answer := selector{Text: parsed.String()}
	for _, set := range fieldSets {
		answer.Matches = append(answer.Matches, parsed.Matches(set))
	}
	return answer
}

// Messages are long and few: answers hold their places in this list, which becomes ../name-messages.json.
var messages []string

func place(message string) int {
	at := slices.Index(messages, message)
	if at < 0 {
		at = len(messages)
		messages = append(messages, message)
	}
	return at
}

func names(text string) any {
	answer := map[string][]int{}
	rules := map[string]func(string) []string{
		"dns1123Label": validation.IsDNS1123Label, "dns1123Subdomain": validation.IsDNS1123Subdomain,
		"dns1123SubdomainWithUnderscore": validation.IsDNS1123SubdomainWithUnderscore, "dns1035Label": validation.IsDNS1035Label,
		"qualifiedName": validation.IsQualifiedName, "validLabelValue": validation.IsValidLabelValue,
		"configMapKey": validation.IsConfigMapKey, "envVarName": validation.IsRelaxedEnvVarName, "portName": validation.IsValidPortName,
		"httpHeaderName": validation.IsHTTPHeaderName, "percent": validation.IsValidPercent, "pathSegment": path.IsValidPathSegmentName,
	}
	for _, rule := range slices.Sorted(maps.Keys(rules)) {
		for _, message := range rules[rule](text) {
			answer[rule] = append(answer[rule], place(message))
		}
	}
	return answer
}

func addresses(text string) any {
	answer := map[string][]string{}
	for rule, errors := range map[string]field.ErrorList{
		"ipAddress": validation.IsValidIPForLegacyField(nil, text, true, nil), "cidr": validation.IsValidCIDRForLegacyField(nil, text, true, nil),
		"canonicalIpAddress": validation.IsValidIP(nil, text),
	} {
		for _, one := range errors {
			answer[rule] = append(answer[rule], one.Detail)
		}
	}
	return answer
}

// The text is a number of milliseconds.
func durations(text string) any {
	millis, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return failure{err.Error()}
	}
	return duration.HumanDuration(time.Duration(millis) * time.Millisecond)
}
