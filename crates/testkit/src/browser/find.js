// Finds controls by `kind`, accessible name and scope (a CSS selector). Returns the visible and enabled controls with
// this name, and the names of all usable controls of this kind.
const [kind, name, scope] = arguments;

const KINDS = {
    control: 'a[href], button, summary, label, input:not([type=hidden]), select, textarea, [role=button], [role=link], '
        + '[role=menuitem], [role=tab], [role=option], [role=switch], [role=checkbox], [role=radio]',
    field: 'input:not([type=hidden], [type=submit], [type=button], [type=reset]), textarea, select',
};

const clean = (text) => (text ?? '').replace(/\s+/g, ' ').trim();

const textOf = (element) => {
    const copy = element.cloneNode(true);
    copy.querySelectorAll('[aria-hidden=true], script, style, input, select, textarea').forEach((one) => one.remove());
    copy.querySelectorAll('img[alt]').forEach((image) => image.replaceWith(image.alt));
    return clean(copy.textContent);
};

const nameOf = (element) => {
    const ids = (element.getAttribute('aria-labelledby') ?? '').split(/\s+/).filter(Boolean);
    const named = ids.map((id) => document.getElementById(id)).filter(Boolean).map(textOf).join(' ');
    const labelled = [...(element.labels ?? [])].map(textOf).join(' ');
    const isButton = element.matches('input[type=submit], input[type=button], input[type=reset]');
    return named || clean(element.getAttribute('aria-label')) || labelled || (isButton && clean(element.value))
        || textOf(element) || clean(element.title);
};

const modal = document.querySelector('dialog:modal');
const isUsable = (element) => element.checkVisibility({ visibilityProperty: true })
    && element.getClientRects().length > 0
    && !element.closest('[inert]')
    && (!modal || modal.contains(element));

const scopes = scope ? [...document.querySelectorAll(scope)] : [document];
const usable = scopes.flatMap((one) => [...one.querySelectorAll(KINDS[kind])]).filter(isUsable);
const matches = [...new Set(usable)].filter((element) => nameOf(element) === name);
// A label represents its control only if the control itself is not visible.
const elements = matches.filter((element) => !(element.localName === 'label' && matches.includes(element.control)));
return { elements, names: [...new Set(usable.map(nameOf))] };
