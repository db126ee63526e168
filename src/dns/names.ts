/** Whether `label` can be one label of a name on the wire: 1 to 63 printable characters without dot and backslash. */
export function isLabel(label: string): boolean {
  return /^[!-~]{1,63}$/.test(label) && !/[.\\]/.test(label)
}

/** Whether `name` can be sent as it is: labels as isLabel says, 255 bytes in all. A dot at the end is allowed. */
export function isName(name: string): boolean {
  const text = name.replace(/\.$/, '')
  return text.length <= 253 && text.split('.').every(isLabel)
}

/** The labels of `name` without the dot at the end, from the left. */
export function labelsOf(name: string): readonly string[] {
  return name === '.' || name === '' ? [] : name.replace(/\.$/, '').split('.')
}

/** Whether `name` is `origin` or below it. Both absolute and in lower case. */
export function isWithin(name: string, origin: string): boolean {
  return name.endsWith(origin) && (name.length === origin.length || name[name.length - origin.length - 1] === '.')
}
