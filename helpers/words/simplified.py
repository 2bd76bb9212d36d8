"""Simplified characters, and the traditional ones that this course writes."""

from __future__ import annotations

import re

# Each entry: a simplified character, then the traditional ones that it stands for. What a
# traditional text writes, too, is left out (后 里 面 只 台 几 才 干, and 着 of Hong Kong).
# Written from common knowledge; a test holds it against the character sets Big5 and GB 2312.
_TABLE = """
们們 这這 个個 来來 时時 说說 国國 对對 会會 为為 过過 还還 没沒 开開 关關 见見 长長 问問 间間
门門 车車 东東 马馬 鸟鳥 鱼魚 龙龍 龟龜 风風 飞飛 书書 学學 觉覺 习習 练練 写寫 读讀 听聽 讲講
话話 语語 词詞 认認 识識 谁誰 请請 谢謝 让讓 许許 论論 设設 计計 记記 讨討 训訓 议議 访訪 证證
评評 诉訴 试試 诗詩 诚誠 该該 详詳 误誤 课課 调調 谈談 谊誼 谎謊 谜謎 译譯 护護 报報 换換 挤擠
挥揮 损損 拥擁 择擇 担擔 扫掃 扬揚 抢搶 抚撫 执執 扩擴 摆擺 摇搖 头頭 买買 卖賣 实實 宝寶 宁寧
宽寬 审審 导導 寻尋 将將 尝嘗嚐 层層 属屬 岁歲 岛島 带帶 帮幫 师師 帅帥 帐帳 归歸 当當噹 录錄
忆憶 忧憂 怀懷 态態 总總 恋戀 恶惡 恼惱 悬懸 惊驚 惯慣 惧懼 愤憤 战戰 戏戲 户戶 无無 旧舊 显顯
晓曉 晕暈 暂暫 术術 机機 杀殺 杂雜 权權 条條 极極 构構 枪槍 柜櫃 树樹 样樣 桥橋 检檢 楼樓 标標
栏欄 档檔 梦夢 欢歡 欧歐 残殘 毕畢 气氣 汉漢 汤湯 沟溝 泪淚 泽澤 洁潔 浅淺 测測 济濟 浏瀏 浓濃
涛濤 润潤 涨漲 渐漸 湾灣 湿濕 满滿 滚滾 滨濱 灭滅 灯燈 灵靈 灾災 炉爐 点點 炼煉 烂爛 热熱 烦煩
烧燒 爱愛 爷爺 牵牽 犹猶 独獨 狭狹 狮獅 狱獄 猎獵 猪豬 猫貓 献獻 环環 现現 玛瑪 电電 画畫 疗療
疯瘋 痒癢 监監 盖蓋 盘盤 矿礦 码碼 砖磚 础礎 确確 碍礙 礼禮 祸禍 离離 种種 积積 称稱 稳穩 穷窮
窃竊 竞競 笔筆 笼籠 签簽籤 简簡 篮籃 类類 粮糧 紧緊 纠糾 红紅 约約 级級 纪紀 纯純 纸紙 纷紛 纳納
线線 组組 细細 织織 终終 绍紹 经經 结結 绕繞 绘繪 给給 络絡 绝絕 统統 继繼 绩績 续續 绳繩 维維
绿綠 编編 缘緣 缩縮 网網 罗羅 罚罰 职職 联聯 聪聰 肃肅 肤膚 肿腫 胀脹 胆膽 胜勝 胶膠 脏髒臟 脑腦
脚腳 脱脫 脸臉 舰艦 艰艱 艺藝 节節 芦蘆 苏蘇 苹蘋 荣榮 药藥 获獲穫 营營 萝蘿 蓝藍 虑慮 虽雖 虾蝦
蚁蟻 补補 衬襯 装裝 裤褲 规規 视視 览覽 触觸 誉譽 贝貝 负負 财財 责責 败敗 货貨 质質 贩販 贪貪
贫貧 购購 贯貫 贱賤 贴貼 贵貴 贷貸 贸貿 费費 贺賀 资資 赏賞 赖賴 赚賺 赛賽 赞贊讚 赠贈 赢贏 赵趙
赶趕 趋趨 跃躍 践踐 踪蹤 轨軌 转轉 轮輪 软軟 轻輕 载載 较較 辅輔 辆輛 辈輩 输輸 辞辭 边邊 达達
迁遷 运運 进進 远遠 违違 连連 迟遲 适適 选選 递遞 逻邏 遗遺 邓鄧 邮郵 邻鄰 郑鄭 酱醬 释釋 针針
钉釘 钓釣 钟鐘鍾 钢鋼 钥鑰 钱錢 钻鑽 铁鐵 铃鈴 铅鉛 铜銅 银銀 铺鋪 链鏈 销銷 锁鎖 锅鍋 错錯 锻鍛
键鍵 镇鎮 镜鏡 闪閃 闭閉 闲閒 闷悶 闹鬧 闻聞 阅閱 队隊 阳陽 阴陰 阵陣 阶階 际際 陆陸 陈陳 险險
随隨 隐隱 难難 雾霧 静靜 韩韓 页頁 顶頂 项項 顺順 须須鬚 顾顧 顿頓 预預 领領 颗顆 题題 颜顏 额額
饭飯 饮飲 饰飾 饱飽 饿餓 馆館 馒饅 驾駕 驶駛 驻駐 骂罵 骄驕 骑騎 骗騙 鲁魯 鲜鮮 鸡雞 鸭鴨 鹅鵝
麦麥 黄黃 齐齊 齿齒 龄齡 与與 万萬 专專 业業 丛叢 丝絲 两兩 严嚴 丧喪 临臨 丽麗 举舉 义義 乐樂
乔喬 乡鄉 乱亂 争爭 亏虧 亚亞 产產 亲親 亿億 仅僅 从從 仓倉 仪儀 价價 众眾 优優 伞傘 伟偉 传傳
伤傷 伦倫 体體 侠俠 侦偵 侧側 侨僑 俩倆 债債 倾傾 偿償 儿兒 党黨 兰蘭 兴興 养養 兽獸 内內 军軍
农農 决決 况況 冻凍 净淨 凉涼 减減 凤鳳 凭憑 击擊 刘劉 则則 刚剛 创創 别別 剂劑 剑劍 剧劇 劝勸
办辦 务務 动動 励勵 劲勁 劳勞 势勢 医醫 华華 协協 单單 卢盧 卫衛 厂廠 厅廳 历歷曆 厉厲 压壓 厌厭
县縣 参參 双雙 发發髮 变變 叙敘 叶葉 号號 叹嘆 吓嚇 吕呂 吗嗎 吴吳 员員 呛嗆 呜嗚 响響 哑啞 唤喚
团團 园園 围圍 图圖 圆圓 圣聖 场場 坏壞 块塊 坚堅 坛壇 坟墳 垒壘 垫墊 墙牆 壮壯 声聲 壳殼 处處
备備 复復複 够夠 夹夾 夺奪 奋奮 奖獎 妆妝 妇婦 妈媽 娱娛 婴嬰 孙孫 尽盡儘 币幣 庄莊 庆慶 库庫
应應 庙廟 废廢 张張 弯彎 弹彈 强強 彻徹 径徑 恳懇 挡擋 捡撿 搅攪 携攜 敌敵 数數 断斷 冲衝沖 么麼
尔爾 盐鹽 厨廚 丢丟 诞誕 观觀 弃棄 区區 尘塵 讶訝 诺諾 验驗 栋棟 订訂 萨薩 扰擾 卧臥 广廣 纽紐
厕廁 寿壽 袜襪 谅諒 滩灘 苍蒼 饥飢饑 摄攝 毁毀 虚虛 辑輯 罢罷 饼餅 奥奧 谋謀 状狀 浇澆 懒懶 赌賭
删刪 谣謠 讯訊 袭襲 颊頰 异異 乌烏 惩懲 烛燭 腾騰 蜡蠟 绪緒 窝窩 屉屜 盗盜 税稅 闯闖 绑綁 羡羨
谦謙 喷噴 涂塗 烫燙 拨撥 诱誘 频頻 贼賊 伪偽 瞒瞞 谨謹 汇匯彙 横橫 潜潛 悦悅 宠寵 胁脅 坠墜 弥彌
纹紋 宾賓 嘱囑 搁擱 泼潑 鸣鳴 绵綿 壶壺 畅暢 洒灑 惫憊 骚騷
"""
TRADITIONAL = {entry[0]: entry[1:] for entry in _TABLE.split()}
_FOUND = re.compile(f"[{''.join(set(TRADITIONAL) - {'么'})}]|(?<=[什怎这這那多要])么")


def simplified(text: str) -> dict[str, str]:
    """The simplified characters of a text -> the traditional ones each stands for, in order.

    A character that is also a traditional one (后, 里, 面) is not among them; 么 only in words such
    as 什么. The table holds the some seven hundred most frequent.
    """
    return {found: TRADITIONAL[found] for found in _FOUND.findall(text)}


def name_simplified(text: str, most: int = 6) -> str:
    """A sentence that names the simplified characters of a text, or "" if there are none.

    ``"这是茶"`` -> ``"Simplified: 这; this course writes 這."``
    """
    found = dict(list(simplified(text).items())[:most])
    if not found:
        return ""
    ours = " ".join("/".join(forms) for forms in found.values())
    return f"Simplified: {' '.join(found)}; this course writes {ours}."
