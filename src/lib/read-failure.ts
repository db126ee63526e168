/** In words: why a file that somebody named cannot be read. `what`: what was looked for. */
export function readFailure(error: unknown, what: 'file' | 'file or folder' = 'file'): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  switch (code) {
    case 'ENOENT':
      return `no such ${what}`
    case 'EACCES':
      return 'permission denied'
    case 'EISDIR':
      return 'this is a folder, not a file'
    case 'ENOTDIR':
      return 'a part of this path is a file, not a folder'
    default:
      return error instanceof Error ? error.message : String(error)
  }
}
