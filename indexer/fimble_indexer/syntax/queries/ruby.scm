(class name: (_) @name) @definition.class
(module name: (_) @name) @definition.module
(method name: (_) @name) @definition.function
(singleton_method name: (_) @name) @definition.function
(assignment left: (constant) @name) @definition.constant

(comment) @comment

(call method: (identifier) @reference)
(call receiver: (constant) @reference)
(scope_resolution name: (constant) @reference)
(superclass (constant) @reference)
(argument_list (constant) @reference)

(call
  method: (identifier) @import.by arguments: (argument_list . (string) @import.module))
