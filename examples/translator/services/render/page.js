// The page for people: a form, and a place for what comes of it.
'use strict';

const LANGUAGES = { en: 'English', es: 'Spanish', fr: 'French', pt: 'Portuguese', de: 'German' };

/** HTML. `prefix` is what stands before this service's paths at the gateway. */
function page(prefix) {
  const options = Object.entries(LANGUAGES)
    .map(([code, name]) => `<option value="${code}">${name}</option>`)
    .join('');
  const action = `${prefix.replace(/[^\w/-]/g, '')}/svg`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Translator</title>
<meta name="viewport" content="width=device-width">
<style>
  body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem }
  form { display: flex; flex-wrap: wrap; gap: 1rem; align-items: center }
  iframe { border: 1px solid #ccc; width: 100%; height: 36rem; margin-top: 1.5rem }
</style></head><body>
<h1>Translate a picture</h1>
<form action="${action}" method="post" enctype="multipart/form-data" target="drawn">
  <label>Picture <input type="file" name="image" accept="image/*" required></label>
  <label>into <select name="to">${options}</select></label>
  <button>Translate</button>
</form>
<iframe name="drawn" title="The picture, translated"></iframe>
</body></html>
`;
}

module.exports = { page };
