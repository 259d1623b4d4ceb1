export default async function (component) {
  try {
    const { show } = await import(new URL(component.data.module, document.baseURI).href);
    return await show(component);
  } catch (error) {
    console.error(error);
    const wait = component.parentElement.querySelector(".hk-wait");
    if (wait) wait.textContent = "地図を読み込めませんでした。ページを読み込み直してください。";
  }
}
