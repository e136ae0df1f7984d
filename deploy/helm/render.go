// Renders the chart as helm does, where helm itself is not at hand: go's templates, sprig's functions, and the three of
// helm that the chart uses. Debian: golang-go, golang-github-masterminds-sprig-dev, golang-gopkg-yaml.v3-dev.
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go run render.go CHART VALUES...
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig"
	"gopkg.in/yaml.v3"
)

func read(file string, into interface{}) {
	text, err := os.ReadFile(file)
	if err == nil {
		err = yaml.Unmarshal(text, into)
	}
	if err != nil {
		fail(file, err)
	}
}

func fail(what string, err error) {
	fmt.Fprintln(os.Stderr, what+":", err)
	os.Exit(1)
}

// merge puts what a file of values says over the defaults, mapping by mapping.
func merge(defaults, values map[string]interface{}) {
	for key, value := range values {
		below, isMap := defaults[key].(map[string]interface{})
		above, overMap := value.(map[string]interface{})
		if isMap && overMap {
			merge(below, above)
		} else {
			defaults[key] = value
		}
	}
}

func main() {
	chart := os.Args[1]
	values := map[string]interface{}{}
	read(filepath.Join(chart, "values.yaml"), values)
	for _, file := range os.Args[2:] {
		over := map[string]interface{}{}
		read(file, over)
		merge(values, over)
	}
	about := map[string]interface{}{}
	read(filepath.Join(chart, "Chart.yaml"), about)

	root := template.New("chart").Option("missingkey=error")
	functions := sprig.TxtFuncMap()
	functions["include"] = func(name string, data interface{}) (string, error) {
		var text strings.Builder
		err := root.ExecuteTemplate(&text, name, data)
		return text.String(), err
	}
	functions["toYaml"] = func(value interface{}) (string, error) {
		text, err := yaml.Marshal(value)
		return strings.TrimSuffix(string(text), "\n"), err
	}
	root.Funcs(functions)
	files, _ := filepath.Glob(filepath.Join(chart, "templates", "*"))
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err == nil {
			_, err = root.New(filepath.Base(file)).Parse(string(text))
		}
		if err != nil {
			fail(file, err)
		}
	}
	data := map[string]interface{}{
		"Values":  values,
		"Release": map[string]interface{}{"Name": "rig", "Service": "Helm"},
		"Chart": map[string]interface{}{
			"Name": about["name"], "Version": about["version"], "AppVersion": about["appVersion"]},
	}
	for _, file := range files {
		if filepath.Ext(file) != ".yaml" {
			continue
		}
		fmt.Println("---")
		if err := root.ExecuteTemplate(os.Stdout, filepath.Base(file), data); err != nil {
			fail(file, err)
		}
	}
}
