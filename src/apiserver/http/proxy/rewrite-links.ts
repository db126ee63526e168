/** Links of a page that came through the proxy: so that they lead through it again. */

/** Attributes of HTML whose value is one address. */
const LINK =
  /(\s(?:action|background|cite|classid|codebase|data|formaction|href|icon|longdesc|manifest|poster|profile|src|usemap)\s*=\s*)(?:"([^"]*)"|'([^']*)')/gi

/** `host`: what the back end was called in the request. */
export function rewriteLinks(html: string, prefix: string, host: string): string {
  return html.replaceAll(LINK, (_all, before: string, double: string | undefined, single: string | undefined) => {
    const quote = double === undefined ? "'" : '"'
    return `${before}${quote}${rewriteURL(double ?? single ?? '', prefix, host)}${quote}`
  })
}

/** An absolute path, or an address of the back end itself; others are as they were. */
export function rewriteURL(url: string, prefix: string, host: string): string {
  const [, authority, path = ''] = /^(?:https?:)?\/\/([^/?#]*)(.*)$/i.exec(url) ?? []
  if (authority !== undefined) return authority === host ? prefix + (path === '' ? '/' : path) : url
  return url.startsWith('/') ? prefix + url : url
}
