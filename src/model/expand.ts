/**
 * `$(NAME)` becomes what `lookup` gives; an unknown name stays as it is written, `$$` becomes `$`, so `$$(NAME)` is
 * the text `$(NAME)`. The rule for `env`, `command` and `args` of a container.
 */
export function expandVariables(text: string, lookup: (name: string) => string | undefined): string {
  return text.replace(/\$(?:\$|\(([^)]*)\))/g, (whole: string, name: string | undefined) =>
    name === undefined ? '$' : (lookup(name) ?? whole),
  )
}
