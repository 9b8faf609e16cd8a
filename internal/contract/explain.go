package contract

import (
	"errors"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// explain turns a validation error into lines that name the place and the rule, without the schema and the whole value
// that the libraries print. nil gives none.
func explain(err error) []string {
	var many openapi3.MultiError
	var response *openapi3filter.ResponseError
	var request *openapi3filter.RequestError
	var security *openapi3filter.SecurityRequirementsError
	switch {
	case err == nil:
		return nil
	case isMulti(err, &many):
		var lines []string
		for _, e := range many {
			lines = append(lines, explain(e)...)
		}
		return lines
	case errors.As(err, &response):
		return prefix(response.Reason, response.Err)
	case errors.As(err, &security):
		return prefix("security", errors.Join(security.Errors...))
	case errors.As(err, &request):
		return prefix(about(request), request.Err)
	}
	return explainSchema(err)
}

// isMulti looks at err itself only: the library's errors are found by errors.As through wrappers that say more.
func isMulti(err error, many *openapi3.MultiError) bool {
	m, ok := err.(openapi3.MultiError)
	*many = m
	return ok
}

func about(e *openapi3filter.RequestError) string {
	switch {
	case e.Parameter != nil:
		return e.Parameter.In + " parameter " + e.Parameter.Name
	case e.Reason != "":
		return e.Reason
	}
	return "body"
}

func prefix(head string, err error) []string {
	lines := explain(err)
	if len(lines) == 0 {
		return []string{head}
	}
	for i := range lines {
		lines[i] = head + ": " + lines[i]
	}
	return lines
}

// explainSchema follows the error of either validator behind kin-openapi (JSON Schema 2020-12, and its own for what needs
// no more) down to the rules that were broken: what is above them only says that something below is.
func explainSchema(err error) []string {
	var above *openapi3.SchemaError
	var many openapi3.MultiError
	switch {
	case !errors.As(err, &above):
		return []string{err.Error()}
	case errors.As(above.Origin, &many):
		return explain(many)
	case above.Origin != nil:
		return explain(above.Origin)
	}
	return []string{"at '/" + strings.Join(above.JSONPointer(), "/") + "': " + rule(above)}
}

func rule(err *openapi3.SchemaError) string {
	var modern *jsonschema.ValidationError
	if !errors.As(err, &modern) {
		return err.Reason
	}
	if path := err.JSONPointer(); len(path) > 0 && path[len(path)-1] == "token" {
		return "the token does not have the documented form" // the library would print it
	}
	_, text, _ := strings.Cut(modern.Error(), "': ")
	return text
}
