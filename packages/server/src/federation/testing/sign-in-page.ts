/** The page of a provider in a test: one button to go on, and one to say no. A real browser can press them. */

/** `continue` says yes, `cancel` no; the form posts one of them as `choice`. */
export function signInPage(
  title: string,
  name: string,
  hidden: Record<string, string> = {},
): string {
  const fields = Object.entries(hidden)
    .map(
      ([key, value]) =>
        `<input type="hidden" name="${escapeHtml(key)}" value="${escapeHtml(value)}">`,
    )
    .join('')
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escapeHtml(title)}</title><main><h1>${escapeHtml(title)}</h1>
<form method="post">${fields}<button name="choice" value="continue">Continue as ${escapeHtml(name)}</button>
<button name="choice" value="cancel">Cancel</button></form></main></html>`
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/gu, (character) => `&#${character.charCodeAt(0)};`)
}
