/** Signs in, calls the API, renews and signs out. */

const { UserManager } = globalThis.oidc
const settings = await (await fetch('/settings.json')).json()
const here = `${location.origin}/`

const users = new UserManager({
  ...settings,
  redirect_uri: here,
  post_logout_redirect_uri: here,
  scope: 'openid profile email',
  automaticSilentRenew: false,
})

const say = (text) => {
  document.getElementById('who').textContent = text
}
const on = (id, act) =>
  document
    .getElementById(id)
    .addEventListener('click', () => act().catch((error) => say(`${error}`)))

on('sign-in', () => users.signinRedirect())

on('call', async () => {
  const user = await users.getUser()
  const address = await users.metadataService.getUserInfoEndpoint()
  const answer = await fetch(address, {
    headers: { authorization: `Bearer ${user?.access_token}` },
  })
  say(
    answer.ok ? `The API knows ${(await answer.json()).sub}` : `The API refuses: ${answer.status}`,
  )
})

on('renew', async () => {
  const before = (await users.getUser())?.access_token
  const user = await users.signinSilent()
  say(user?.access_token === before ? 'Nothing new' : 'Renewed')
})

on('sign-out', () => users.signoutRedirect())

if (new URLSearchParams(location.search).has('code')) {
  await users.signinRedirectCallback()
  history.replaceState({}, '', here)
}
const user = await users.getUser()
say(user === null ? 'Nobody is signed in' : `Signed in: ${user.profile.sub}`)
