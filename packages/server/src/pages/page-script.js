/**
 * What a page does beyond being read and sent. Without this script everything still works: it reveals passwords, says when
 * Caps Lock is on, sends each form once, counts down, copies, takes along with links what a box says, and hears what happens
 * elsewhere.
 */

// The answer to a form takes the address of its page: going back to it, or loading it again, sends nothing.
const { address } = document.body.dataset
if (address !== undefined) history.replaceState(null, '', address)

for (const button of document.querySelectorAll('button[data-reveals]')) {
  const input = document.getElementById(button.dataset.reveals)
  button.hidden = false
  button.addEventListener('click', () => {
    const shown = input.type === 'password'
    input.type = shown ? 'text' : 'password'
    button.textContent = shown ? button.dataset.hide : button.dataset.show
    button.setAttribute('aria-pressed', String(shown))
    input.focus()
  })
  input.form.addEventListener('submit', () => {
    input.type = 'password'
  })
}

for (const hint of document.querySelectorAll('[data-caps-lock]')) {
  const input = document.getElementById(hint.dataset.capsLock)
  const tell = (event) => {
    const text = event.getModifierState?.('CapsLock') ? hint.dataset.text : ''
    if (hint.textContent !== text) hint.textContent = text
  }
  input.addEventListener('keydown', tell)
  input.addEventListener('keyup', tell)
  input.addEventListener('blur', () => {
    hint.textContent = ''
  })
}

for (const form of document.forms) {
  form.addEventListener('submit', (event) => {
    if (form.dataset.sent === 'true') {
      event.preventDefault()
      return
    }
    form.dataset.sent = 'true'
    // Who goes another way needs no password for it, and no browser shall keep what was begun of one.
    if (event.submitter?.formNoValidate)
      for (const input of form.querySelectorAll('[autocomplete$=password]')) input.value = ''
    event.submitter?.setAttribute('aria-busy', 'true')
  })
}
// Whoever comes back to a page may send its form again.
addEventListener('pageshow', () => {
  for (const form of document.forms) form.dataset.sent = 'false'
  for (const button of document.querySelectorAll('[aria-busy]')) button.removeAttribute('aria-busy')
})

for (const place of document.querySelectorAll('[data-countdown]')) {
  const { countdown, text, then } = place.dataset
  const until = performance.now() + countdown * 1000
  const count = () => {
    const left = Math.ceil((until - performance.now()) / 1000)
    place.textContent = left > 0 ? text.replace('{time}', clock(left)) : then
    if (left > 0) setTimeout(count, 1000)
  }
  count()
}

// As the server writes it: 0:28, 4:12, 1:00:00.
function clock(seconds) {
  const [minutes, rest] = [Math.floor(seconds / 60) % 60, seconds % 60]
  const [m, s] = [minutes, rest].map((part) => String(part).padStart(2, '0'))
  return seconds < 3600 ? `${minutes}:${s}` : `${Math.floor(seconds / 3600)}:${m}:${s}`
}

// Whoever waits for a mail goes on when its link was opened, wherever that was. Nobody is asked while nobody looks.
for (const place of document.querySelectorAll('[data-waits]')) {
  const [firstPause, pauseMax] = [2000, 30_000]
  let pause = firstPause
  let timer
  const wait = () => {
    clearTimeout(timer)
    if (!document.hidden) timer = setTimeout(ask, pause)
    pause = Math.min(pause * 1.5, pauseMax)
  }
  const ask = async () => {
    const answer = await fetch(place.dataset.waits).catch(() => undefined)
    const { proved } = answer?.ok === true ? await answer.json() : {}
    if (proved === true) location.replace(place.dataset.then)
    else wait()
  }
  document.addEventListener('visibilitychange', () => {
    pause = 0
    wait()
    pause = firstPause
  })
  wait()
}

// Whoever comes back to a page learns what has happened in another tab meanwhile. What they type stays as it is.
const fresh = document.querySelectorAll('[data-fresh]')
let freshAt = performance.now()
const refresh = async () => {
  if (fresh.length === 0 || document.hidden || performance.now() - freshAt < 1000) return
  freshAt = performance.now()
  const answer = await fetch(location.href).catch(() => undefined)
  if (answer?.ok !== true) return
  const now = new DOMParser().parseFromString(await answer.text(), 'text/html')
  for (const place of fresh) {
    const news = now.getElementById(place.id)
    if (news === null || news.innerHTML === place.innerHTML) continue
    place.replaceChildren(...news.childNodes)
    place.classList.toggle('late', place.childElementCount > 0)
  }
}
document.addEventListener('visibilitychange', refresh)
addEventListener('focus', refresh)

for (const button of document.querySelectorAll('button[data-copies]')) {
  if (navigator.clipboard === undefined) continue
  button.hidden = false
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(button.dataset.copies)
    button.textContent = button.dataset.copied
    button.nextElementSibling.textContent = button.dataset.copied
  })
}

const filled = document.querySelector('input[data-from-fragment]')
if (filled !== null && filled.value === '' && location.hash.length > 1) {
  filled.value = decodeURIComponent(location.hash.slice(1))
  history.replaceState(null, '', location.pathname + location.search)
}

// What a box says goes along with every link of the page, as it does with its form.
for (const box of document.querySelectorAll('[data-carried]')) {
  const carry = () => {
    for (const link of document.links) {
      const to = new URL(link.href)
      if (to.origin !== location.origin) continue
      to.searchParams.set(box.name, box.checked ? box.value : 'no')
      link.href = to.href
    }
  }
  box.addEventListener('change', carry)
  addEventListener('pageshow', carry)
}

if (document.querySelector('[autofocus]') === null && matchMedia('(pointer: fine)').matches) {
  const inputs = document.querySelectorAll('main .field input:not([readonly])')
  const empty = [...inputs].find((input) => input.value === '')
  empty?.focus()
}
