; Captures, the same in every file of this folder:
;   @definition.KIND with @name, and optionally @body (the signature ends where it starts) and @receiver
;   @definition.declared, @definition.prototype  a variable, or a function, unless it is @local or in a function
;   @definition.parameter  a field that a parameter of the constructor declares
;   @following           with a definition that encloses all that comes after it (a namespace without a body)
;   @scope with @name    encloses definitions without being one itself (an impl block); the members of a @scope.open
;                        need no word to be exported, those of a @scope.hidden are not, and do not bear its name
;   @export              a name that the file lists as exported
;   @doc in @doc.body    documentation that stands inside the body
;   @comment, @attribute what may stand above a definition
;   @reference           a use of a name
;   @import.module, @import.name, @import.alias, @import.default; @import.path is a path whose last part is
;                        the name, perhaps below an @import.prefix; @import.by is the function that imports
; Where two patterns match the same @name, the earlier pattern wins.

(decorated_definition
  definition: (class_definition name: (identifier) @name body: (_) @body)) @definition.class
(decorated_definition
  definition: (function_definition name: (identifier) @name body: (_) @body)) @definition.function
(class_definition name: (identifier) @name body: (_) @body) @definition.class
(function_definition name: (identifier) @name body: (_) @body) @definition.function

(class_definition
  body: (block (expression_statement (assignment left: (identifier) @name) @definition.field)))
(class_definition
  body: (block (expression_statement (assignment left: (pattern_list (identifier) @name)) @definition.field)))
(module (expression_statement (assignment left: (identifier) @name) @definition.variable))
(module (expression_statement (assignment left: (pattern_list (identifier) @name)) @definition.variable))
; What a condition decides at the top is defined as well.
(module (if_statement
  (block (expression_statement (assignment left: (identifier) @name) @definition.variable))))
(module (if_statement
  (_ (block (expression_statement (assignment left: (identifier) @name) @definition.variable)))))
(module (try_statement
  (block (expression_statement (assignment left: (identifier) @name) @definition.variable))))
(module (try_statement
  (_ (block (expression_statement (assignment left: (identifier) @name) @definition.variable)))))
(type_alias_statement left: (type (identifier) @name)) @definition.type

(block . (expression_statement (string) @doc)) @doc.body
(comment) @comment

((assignment left: (identifier) @_all right: [
  (list (string (string_content) @export))
  (tuple (string (string_content) @export))
]) (#eq? @_all "__all__"))
((augmented_assignment left: (identifier) @_all right: (list (string (string_content) @export)))
  (#eq? @_all "__all__"))

(call function: (identifier) @reference)
(call function: (attribute attribute: (identifier) @reference))
(attribute object: (identifier) @reference)
(decorator (identifier) @reference)
(type (identifier) @reference)
(type (generic_type (identifier) @reference))
(type (binary_operator (identifier) @reference))
(class_definition superclasses: (argument_list (identifier) @reference))
(except_clause (identifier) @reference)
(argument_list (identifier) @reference)
(keyword_argument value: (identifier) @reference)

(import_statement name: (dotted_name) @import.module)
(import_statement
  name: (aliased_import name: (dotted_name) @import.module alias: (identifier) @import.alias))
(import_from_statement module_name: (_) @import.module name: (dotted_name) @import.name)
(import_from_statement
  module_name: (_) @import.module
  name: (aliased_import name: (dotted_name) @import.name alias: (identifier) @import.alias))
(import_from_statement module_name: (_) @import.module (wildcard_import) @import.name)
