// Finds what a person finds by the words on it: `kind` of control, its accessible name, and within which elements.
// Returns the controls of that name that can be seen and used, and the names of all the others.
const [kind, name, scope] = arguments;

const KINDS = {
    control: 'a[href], button, summary, label, input:not([type=hidden]), select, textarea, [role=button], [role=link], '
        + '[role=menuitem], [role=tab], [role=option], [role=switch], [role=checkbox], [role=radio]',
    field: 'input:not([type=hidden], [type=submit], [type=button], [type=reset]), textarea, select',
};

const clean = (text) => (text ?? '').replace(/\s+/g, ' ').trim();

const words = (element) => {
    const copy = element.cloneNode(true);
    copy.querySelectorAll('[aria-hidden=true], script, style, input, select, textarea').forEach((one) => one.remove());
    copy.querySelectorAll('img[alt]').forEach((image) => image.replaceWith(image.alt));
    return clean(copy.textContent);
};

const nameOf = (element) => {
    const ids = (element.getAttribute('aria-labelledby') ?? '').split(/\s+/).filter(Boolean);
    const named = ids.map((id) => document.getElementById(id)).filter(Boolean).map(words).join(' ');
    const labelled = [...(element.labels ?? [])].map(words).join(' ');
    const isButton = element.matches('input[type=submit], input[type=button], input[type=reset]');
    return named || clean(element.getAttribute('aria-label')) || labelled || (isButton && clean(element.value))
        || words(element) || clean(element.title);
};

const modal = document.querySelector('dialog:modal');
const isUsable = (element) => element.checkVisibility({ visibilityProperty: true })
    && element.getClientRects().length > 0
    && !element.closest('[inert]')
    && (!modal || modal.contains(element));

const scopes = scope ? [...document.querySelectorAll(scope)] : [document];
const usable = scopes.flatMap((one) => [...one.querySelectorAll(KINDS[kind])]).filter(isUsable);
const matches = [...new Set(usable)].filter((element) => nameOf(element) === name);
// A label stands for its control only where that cannot be seen itself.
const elements = matches.filter((element) => !(element.localName === 'label' && matches.includes(element.control)));
return { elements, names: [...new Set(usable.map(nameOf))] };
